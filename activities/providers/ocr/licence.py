"""The business licence: printed labels to fields, forms from before and after 2015, enterprises and shops."""

import re
from collections.abc import Sequence

from activities.providers.ocr import codes
from activities.providers.ocr.engine import Ocr
from activities.providers.ocr.layout import Entry, Line, TextBox, entries, levelled, lines, matching
from activities.providers.ocr.passes import read_photo
from models.errors import FileUnreadable, UploadOfOtherKind
from models.recognition import LicenceReading, ReadField

ANCHORS = (
    "营业执照",
    "统一社会信用代码|注册号",
    "主体类型",
    "法定代表人|投资人|经营者|负责人|执行事务合伙人",
    "经营范围",
    "登记机关",
    "监制$",
)
USCC_LABEL = "统一社会信用代码"
LABELS = {
    "uscc": USCC_LABEL,
    "registration_number": "注册号",
    "name": "(?:企业|字号)?名称|[名称]",
    "kind": "(?:市场主体|主体|企业)?类型|[类型]",
    "legal_representative": "法定代表[人入]|投资[人入]|经营者|负责[人入]|执行事务合伙[人入]",
    "term": "(?:营业|合伙|经营)期限",
    "other": "(?:主要)?经营场所|营业场所|住所?|所|组成形式|注册资[本金]|实收资本|出资额|成立日期|注册日期|核准日期"
    "|经营范围|登记机关|营业执照|证照编号|副本号|编号|[（(]副本|扫描二维码|国家企业信用",
}
CHINESE = "\u4e00-\u9fff"
NAME = re.compile(rf"[{CHINESE}]{{2}}")
WHOLE_NAME = re.compile(r"(?:公司|企业|合伙）|合作社|联合社|工作室|事务所|经营部|商行|中心|[店厂行社部铺馆院场])$")
COMPANY = re.compile(rf"^(?![类型])[{CHINESE}（）]{{4,}}(?:有限责任公司|股份有限公司|(?<!股份)有限公司)$")
SHORTEST_COMPANY = 6
KIND = re.compile("公司|企业|工商户|合作社|独资|合伙|所有制|集体|分支机构")
PERSON = re.compile(rf"^[{CHINESE}A-Za-z·.（）():：]{{2,60}}$")
DATE = r"\d{4}年\d{1,2}月\d{1,2}日"
ENDLESS = "长期|永久|不约定期限|无固定期限"
TERM = re.compile(rf"{DATE}起?至(?:{DATE}|{ENDLESS})")
ENDLESS_TERM = re.compile(f"^至?(?:{ENDLESS})$")
DOUBTED = 0.8  # factor on the score of a value known by its shape alone or plainly cut short
LEGIBLE_PIECES = 4


def read_licence(ocr: Ocr, photo: bytes) -> LicenceReading:
    """Raises FileUnreadable, UploadOfOtherKind (``licence`` expected) and what ``load_photo`` raises."""
    return read_photo(ocr, photo, ANCHORS, parse_licence, _needed)


def parse_licence(boxes: Sequence[TextBox]) -> LicenceReading:
    """From an upright page. Raises FileUnreadable and UploadOfOtherKind."""
    page = levelled(boxes, ANCHORS)
    if len(page) < LEGIBLE_PIECES:
        raise FileUnreadable
    if sum(bool(matching(page, anchor)) for anchor in ANCHORS) < 2:
        raise UploadOfOtherKind(expected="licence")
    found = lines(page)
    by_label = entries(found, LABELS)
    return LicenceReading(
        name=_name(by_label, found),
        uscc=_uscc(found),
        registration_number=_registration_number(by_label),
        kind=_shaped(by_label, "kind", KIND),
        legal_representative=_shaped(by_label, "legal_representative", PERSON),
        term=_term(by_label, found),
    )


def _needed(reading: LicenceReading) -> list[ReadField]:
    number = reading.registration_number if reading.registration_number.value else reading.uscc
    return [reading.name, number, reading.kind, reading.legal_representative]


def _shaped(by_label: Sequence[Entry], label: str, shape: re.Pattern[str]) -> ReadField:
    """The topmost text behind the label that has the shape; if none has, the topmost as raw."""
    texts = [entry for entry in by_label if entry.label == label and entry.text]
    for entry in texts:
        if shape.search(entry.text):
            value = _wide(entry.text)
            return _read(value, entry.text, entry.score * (DOUBTED if _unclosed(value) else 1))
    return ReadField(raw=texts[0].text) if texts else ReadField()


def _name(by_label: Sequence[Entry], found: Sequence[Line]) -> ReadField:
    for entry in by_label:
        if entry.label == "name" and NAME.search(entry.text):
            return _named(entry, by_label, found)
    for line in found:
        for box in line.boxes:
            if COMPANY.search(_wide(box.text)):
                return _read(_wide(box.text), box.text, box.score * DOUBTED)
    return ReadField()


def _named(entry: Entry, by_label: Sequence[Entry], found: Sequence[Line]) -> ReadField:
    """A long name goes on below its first line, in a line without a label."""
    text = entry.text
    below = None if WHOLE_NAME.search(_wide(text)) else _line_below(entry.boxes[-1], found)
    score = entry.score
    if below is not None and not entries([below], LABELS):
        text += below.boxes[0].text
        score = min(score, below.boxes[0].score)
    name = _wide(text)
    return _read(name, text, score * (DOUBTED if _cut_short(name) or _begins_late(entry, by_label) else 1))


def _cut_short(name: str) -> bool:
    """As under a seal's ink: no ending, a bracket without its partner, less than any registered company's name."""
    short = name.endswith("公司") and len(name) < SHORTEST_COMPANY
    return short or _unclosed(name) or not WHOLE_NAME.search(name)


def _begins_late(name: Entry, by_label: Sequence[Entry]) -> bool:
    """Further right than another value of its column: its first letters were not seen."""
    left, height = _begin(name), name.boxes[-1].height
    others = [_begin(entry) for entry in by_label if entry.label in ("kind", "legal_representative") and entry.text]
    return left is not None and any(0.6 * height < left - o < 4 * height for o in others if o is not None)


def _begin(entry: Entry) -> float | None:
    """Where the value begins, if it begins with a piece of its own."""
    first = entry.boxes[0]
    return first.left[0] if entry.text.startswith(first.text) else None


def _unclosed(text: str) -> bool:
    return text.count("（") != text.count("）")


def _line_below(box: TextBox, found: Sequence[Line]) -> Line | None:
    for line in found:
        first = line.boxes[0]
        down = first.left[1] - box.left[1]
        if 0.5 * box.height < down < 1.8 * box.height and box.left[0] - box.height < first.left[0] < box.right[0]:
            return line
    return None


def _wide(text: str) -> str:
    """Registered names have full-width brackets (C12); recognition confuses the two widths."""
    return text.replace("(", "（").replace(")", "）")


def _read(value: str, raw: str, score: float) -> ReadField:
    return ReadField(value=value, raw=raw, score=score, how="read")


def _uscc(found: Sequence[Line]) -> ReadField:
    """One code on the whole page, both check digits right; mended only if nothing on the page needs no mending."""
    pieces = [(box.text, box.score) for line in found for box in line.boxes]
    pieces += [(line.text, line.score) for line in found]  # a code may be torn in two
    runs = [(run, score) for text, score in pieces for run in codes.runs(text.replace(USCC_LABEL, " "), 18)]
    whole = {run: score for run, score in runs if codes.is_uscc(run)}
    if len(whole) == 1:
        run, score = whole.popitem()
        return _read(run, run, score)
    if whole:
        return ReadField()
    for run, score in runs:
        if mended := codes.mended_uscc(run):
            return ReadField(value=mended, raw=run, score=score, how="repaired")
    return ReadField(raw=runs[0][0]) if runs else ReadField()


def _registration_number(by_label: Sequence[Entry]) -> ReadField:
    for entry in by_label:
        if entry.label == "registration_number":
            digits = re.match(r"\d*", codes.plain(entry.text))
            number = digits[0] if digits else ""
            if codes.is_registration_number(number):
                return _read(number, entry.text, entry.score)
            return ReadField(raw=entry.text)
    return ReadField()


def _term(by_label: Sequence[Entry], found: Sequence[Line]) -> ReadField:
    beside = [entry for entry in by_label if entry.label == "term"]
    for entry in beside:
        if term := TERM.search(entry.text) or ENDLESS_TERM.search(entry.text):
            return _read(term[0], entry.text, entry.score)
    for line in found:
        if term := TERM.search(line.text):
            return _read(term[0], line.text, line.score * DOUBTED)
    return ReadField(raw=beside[0].text) if beside else ReadField()
