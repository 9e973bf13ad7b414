"""Both sides of the invented legal representative's identity card; 样例 is printed where the photograph would be."""

from PIL import Image

from samples import facts
from samples.drawing import INK, SEAL_RED, Colour, Sheet

SIZE = (1284, 810)
PAPER: Colour = (232, 240, 243)
LABEL: Colour = (66, 110, 150)
SHADE: Colour = (206, 213, 218)


def draw_portrait_side() -> Image.Image:
    sheet = Sheet(SIZE, PAPER)
    rows = (("姓名", facts.LEGAL_REPRESENTATIVE, 130), ("性别", "男", 225), ("住址", "", 420))
    for label, words, middle in rows:
        sheet.text((90, middle), label, 38, LABEL)
        sheet.text((210, middle), words, 48 if label == "姓名" else 42)
    sheet.text((400, 225), "民族", 38, LABEL)
    sheet.text((510, 225), "汉", 42)
    _birth(sheet)
    sheet.paragraph((210, 420), "样例省样例市样例区样例路一号样例小区", 11, 40, 56)
    _silhouette(sheet)
    sheet.text((90, 700), "公民身份号码", 38, LABEL)
    sheet.text((400, 700), facts.RESIDENT_ID, 56, face="sans")
    return sheet.image


def _birth(sheet: Sheet) -> None:
    sheet.text((90, 320), "出生", 38, LABEL)
    number = facts.RESIDENT_ID
    parts = ((210, number[6:10], "年", 330), (385, str(int(number[10:12])), "月", 425), (480, "1", "日", 520))
    for left, digits, unit, unit_left in parts:
        sheet.text((left, 320), digits, 42, face="sans")
        sheet.text((unit_left, 320), unit, 38, LABEL)


def _silhouette(sheet: Sheet) -> None:
    sheet.draw.rectangle((850, 110, 1190, 560), fill=SHADE)
    sheet.draw.ellipse((935, 160, 1105, 370), fill=(170, 178, 186))
    sheet.draw.pieslice((870, 400, 1170, 720), 180, 360, fill=(170, 178, 186))
    sheet.centred((1020, 480), "样例", 74, SEAL_RED)


def draw_emblem_side() -> Image.Image:
    sheet = Sheet(SIZE, PAPER)
    sheet.draw.ellipse((80, 70, 300, 290), outline=SEAL_RED, width=8)
    sheet.centred((190, 180), "样例", 80, SEAL_RED)
    sheet.spread((400, 130), "中华人民共和国", 740, 62)
    sheet.spread((400, 260), "居民身份证", 740, 96)
    for label, words, middle in (
        ("签发机关", facts.ID_AUTHORITY, 600),
        ("有效期限", facts.ID_VALIDITY, 700),
    ):
        sheet.text((330, middle), label, 40, INK)
        sheet.text((530, middle), words, 42)
    return sheet.image
