"""Both sides of the resident identity card."""

import re
from collections.abc import Sequence

from activities.providers.ocr import codes
from activities.providers.ocr.engine import Ocr
from activities.providers.ocr.layout import Entry, Line, TextBox, entries, levelled, lines, matching
from activities.providers.ocr.passes import read_photo
from models.errors import FileUnreadable, UploadOfOtherKind
from models.recognition import IdentityCardReading, ReadField

PORTRAIT = ("姓名", "性别", "民族", "出生", "住址", "公民身份号码|身份号码")
EMBLEM = ("共和国", "居民身份证", "签发机关|公安局", "有效期限")
LABELS = {
    "name": "姓名|姓|名",
    "number": "公民身份号码|身份号码",
    "birth": "出生",
    "authority": "签发机关",
    "validity": "有效期限",
    "other": "性别|民族|住址|住",
}
NAME = re.compile(r"^[\u4e00-\u9fff\u3400-\u4dbf·]{2,25}$")
AUTHORITY = re.compile(r"[\u4e00-\u9fff]{2,}局")
VALIDITY = re.compile(r"\d{4}\.\d{2}\.\d{2}-(?:\d{4}\.\d{2}\.\d{2}|长期)")
BIRTH = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?")
NUMBER_LENGTH = 18
CONTRADICTED = 0.5  # score of a number whose birth date is not the one printed
BESIDE_NO_LABEL = 0.8  # a value known by its place alone counts for less
LEGIBLE_PIECES = 2


def read_identity_card(ocr: Ocr, photo: bytes) -> IdentityCardReading:
    """Raises FileUnreadable, UploadOfOtherKind (``identity_card`` expected) and what ``load_photo`` raises."""
    return read_photo(ocr, photo, PORTRAIT + EMBLEM, parse_identity_card, _needed)


def parse_identity_card(boxes: Sequence[TextBox]) -> IdentityCardReading:
    """From an upright page. Raises FileUnreadable and UploadOfOtherKind."""
    page = levelled(boxes, PORTRAIT + EMBLEM)
    if len(page) < LEGIBLE_PIECES:
        raise FileUnreadable
    portrait, emblem = (sum(bool(matching(page, word)) for word in side) for side in (PORTRAIT, EMBLEM))
    if max(portrait, emblem) < 2:
        raise UploadOfOtherKind(expected="identity_card")
    found = lines(page)
    by_label = entries(found, LABELS)
    if portrait >= emblem:
        return IdentityCardReading(
            side="portrait",
            name=_name(by_label, found),
            number=_number(found, _birth_date(by_label)),
            validity=ReadField(),
            authority=ReadField(),
        )
    return IdentityCardReading(
        side="emblem",
        name=ReadField(),
        number=ReadField(),
        validity=_shaped(by_label, "validity", VALIDITY),
        authority=_shaped(by_label, "authority", AUTHORITY),
    )


def _needed(reading: IdentityCardReading) -> list[ReadField]:
    if reading.side == "portrait":
        return [reading.name, reading.number]
    return [reading.validity, reading.authority]


def _shaped(by_label: Sequence[Entry], label: str, shape: re.Pattern[str]) -> ReadField:
    texts = [entry for entry in by_label if entry.label == label and entry.text]
    for entry in texts:
        if found := shape.search(entry.text):
            return ReadField(value=found[0], raw=entry.text, score=entry.score, how="read")
    return ReadField(raw=texts[0].text) if texts else ReadField()


def _name(by_label: Sequence[Entry], found: Sequence[Line]) -> ReadField:
    beside = _shaped(by_label, "name", NAME)
    if beside.value is not None:
        return beside
    sexes = [number for number, line in enumerate(found) if "性别" in line.text]
    for line in reversed(found[: sexes[0]] if sexes else []):
        if NAME.search(line.text):
            return ReadField(value=line.text, raw=line.text, score=line.score * BESIDE_NO_LABEL, how="read")
    return beside


def _birth_date(by_label: Sequence[Entry]) -> str | None:
    for entry in by_label:
        if entry.label == "birth" and (found := BIRTH.search(entry.text)):
            return f"{found[1]}{int(found[2]):02}{int(found[3]):02}"
    return None


def _number(found: Sequence[Line], birth_date: str | None) -> ReadField:
    runs = [
        (run, line.score) for line in found for run in codes.runs(line.text.replace("公民身份号码", " "), NUMBER_LENGTH)
    ]
    for run, score in runs:
        if codes.is_resident_id(run):
            sure = birth_date in (None, run[6:14])
            return ReadField(value=run, raw=run, score=score if sure else CONTRADICTED, how="read")
    for run, score in runs:
        if mended := codes.mended_resident_id(run, birth_date):
            return ReadField(value=mended, raw=run, score=score, how="repaired")
    return ReadField(raw=runs[0][0]) if runs else ReadField()
