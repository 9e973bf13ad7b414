"""The business licence of the invented enterprise, in the manner of the form of 2019."""

from PIL import Image

from samples import facts
from samples.drawing import SEAL_RED, Colour, Sheet, lay_ink, round_seal

SIZE = (1980, 1400)
PAPER: Colour = (250, 247, 236)
GOLD: Colour = (176, 140, 70)
GREY: Colour = (120, 112, 100)
SCOPE = (
    "样例业务一：电子合同样例演示服务；样例软件开发；样例数据处理。样例业务二：印章样例展示；"
    "证书样例发放。（本执照为软件演示所绘，不是真实证照，其中单位与人员均为虚构）"
)
REGISTRY = "样例市市场监督管理局"


def draw_licence() -> Image.Image:
    sheet = Sheet(SIZE, PAPER)
    _frame(sheet)
    _heading(sheet)
    _left_column(sheet)
    _right_column(sheet)
    _registry(sheet)
    return sheet.image


def _frame(sheet: Sheet) -> None:
    for inset, width in ((38, 10), (58, 3)):
        box = (inset, inset, SIZE[0] - inset, SIZE[1] - inset)
        sheet.draw.rectangle(box, outline=GOLD, width=width)


def _heading(sheet: Sheet) -> None:
    sheet.draw.ellipse((915, 92, 1065, 242), outline=SEAL_RED, width=6)
    sheet.centred((990, 167), "样例", 58, SEAL_RED)
    sheet.spread((660, 330), "营业执照", 660, 128)
    sheet.centred((990, 442), "（副 本）", 40)
    sheet.bold((150, 268), "统一社会信用代码", 36)
    sheet.text((150, 326), facts.USCC, 38, face="sans")
    sheet.text((1560, 300), "软件演示样例", 30, GREY)
    sheet.text((1560, 346), "不是真实证照", 30, GREY)


def _left_column(sheet: Sheet) -> None:
    rows = (("名称", facts.NAME), ("类型", facts.KIND), ("法定代表人", facts.LEGAL_REPRESENTATIVE))
    _rows(sheet, 150, 205, rows)
    sheet.spread((150, 560 + 3 * 84), "经营范围", 205, 36)
    sheet.paragraph((385, 560 + 3 * 84), SCOPE, 17, 32, 46)


def _right_column(sheet: Sheet) -> None:
    rows = (
        ("注册资本", "壹佰万元整"),
        ("成立日期", "2020年01月08日"),
        ("营业期限", facts.TERM),
        ("住所", "样例市样例区样例路1号样例大厦"),
    )
    _rows(sheet, 1090, 165, rows)


def _rows(sheet: Sheet, left: int, label_width: int, rows: tuple[tuple[str, str], ...]) -> None:
    for number, (label, words) in enumerate(rows):
        middle = 560 + number * 84
        sheet.spread((left, middle), label, label_width, 36)
        sheet.text((left + label_width + 30, middle), words, 36)


def _registry(sheet: Sheet) -> None:
    sheet.spread((1190, 1080), "登记机关", 210, 40)
    sheet.text((1390, 1208), "2020 年 01 月 08 日", 38)
    lay_ink(sheet.image, round_seal(REGISTRY, 290), (1590, 1100))
    sheet.text((110, 1300), "本图由软件绘制，仅用于演示和测试", 28, GREY)
    sheet.text((1430, 1300), "样例市场监督管理总局监制", 28, GREY)
