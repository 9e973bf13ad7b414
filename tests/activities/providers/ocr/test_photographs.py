"""The engine on the drawn samples and on what happens to photographs. About a second each on two cores."""

import logging

import pytest
from PIL import Image

from activities.providers.ocr import RapidOcr, read_identity_card, read_licence
from models.errors import FileUnreadable, UploadOfOtherKind
from models.recognition import IdentityCardReading, LicenceReading
from samples import facts
from samples.drawing import Sheet, round_seal
from samples.files import ID_EMBLEM, ID_PORTRAIT, LICENCE
from samples.licence import draw_licence
from samples.photographed import photographed
from tests.activities.pictures import jpeg, striped


@pytest.fixture(scope="module")
def ocr() -> RapidOcr:
    return RapidOcr()


def _turned(photo, degrees: int) -> bytes:
    with Image.open(photo) as picture:
        return jpeg(picture.rotate(degrees, expand=True, fillcolor=(90, 80, 70)))


def _stamped(centre: tuple[int, int]) -> bytes:
    sheet = Sheet((1, 1), (0, 0, 0))
    sheet.image = draw_licence()
    sheet.ink(round_seal("样例云签北京科技有限公司", 420), centre)
    return jpeg(photographed(sheet.image, (1800, 1300), seed=5))


def _is_the_sample(reading: LicenceReading) -> bool:
    read = (reading.name.value, reading.uscc.value, reading.kind.value, reading.legal_representative.value)
    return read == (facts.NAME, facts.USCC, facts.KIND, facts.LEGAL_REPRESENTATIVE)


def _number(reading: IdentityCardReading) -> tuple[str | None, str | None]:
    return reading.name.value, reading.number.value


def test_c10_reads_every_field_of_the_sample_licence(ocr):
    reading = read_licence(ocr, LICENCE.read_bytes())
    assert _is_the_sample(reading)
    assert reading.term.value == facts.TERM
    assert not any(
        field.needs_attention for field in (reading.name, reading.uscc, reading.kind, reading.legal_representative)
    )


@pytest.mark.parametrize("degrees", [7, 90, 180, 270])
def test_reads_a_turned_licence(ocr, degrees):
    assert _is_the_sample(read_licence(ocr, _turned(LICENCE, degrees)))


@pytest.mark.parametrize("centre", [(560, 560), (300, 330)], ids=["name", "code"])
def test_reads_through_a_red_seal(ocr, centre):
    reading = read_licence(ocr, _stamped(centre))
    assert reading.uscc.value == facts.USCC
    assert reading.name.value == facts.NAME


def test_reads_a_small_licence(ocr):
    with Image.open(LICENCE) as picture:
        small = jpeg(picture.resize((700, 506), Image.Resampling.LANCZOS))
    assert _is_the_sample(read_licence(ocr, small))


@pytest.mark.parametrize("degrees", [0, -8, 90, 180])
def test_c10_reads_name_and_number_of_the_portrait_side(ocr, degrees):
    reading = read_identity_card(ocr, _turned(ID_PORTRAIT, degrees))
    assert reading.side == "portrait"
    assert _number(reading) == (facts.LEGAL_REPRESENTATIVE, facts.RESIDENT_ID)


@pytest.mark.parametrize("degrees", [0, 180])
def test_tells_the_emblem_side(ocr, degrees):
    reading = read_identity_card(ocr, _turned(ID_EMBLEM, degrees))
    assert reading.side == "emblem"
    assert reading.validity.value == facts.ID_VALIDITY
    assert reading.authority.value == facts.ID_AUTHORITY


def test_a_licence_is_no_identity_card_and_the_other_way_round(ocr):
    with pytest.raises(UploadOfOtherKind) as refusal:
        read_identity_card(ocr, LICENCE.read_bytes())
    assert refusal.value.facts == {"expected": "identity_card"}
    with pytest.raises(UploadOfOtherKind) as refusal:
        read_licence(ocr, ID_PORTRAIT.read_bytes())
    assert refusal.value.facts == {"expected": "licence"}


def test_a_picture_without_text_is_unreadable(ocr):
    with pytest.raises(FileUnreadable):
        read_licence(ocr, jpeg(striped()))


def test_nothing_read_reaches_the_logs(ocr, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        read_identity_card(ocr, ID_PORTRAIT.read_bytes())
    printed = capfd.readouterr()
    for trace in (caplog.text, printed.out, printed.err):
        assert facts.RESIDENT_ID not in trace
        assert facts.LEGAL_REPRESENTATIVE not in trace
