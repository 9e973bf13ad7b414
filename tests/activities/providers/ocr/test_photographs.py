"""The engine on the drawn samples and on what happens to photographs. About a second each on two cores."""

import logging
import socket

import pytest
from PIL import Image

from activities.providers.ocr import read_identity_card, read_licence
from activities.providers.ocr.rapid import RapidOcr
from models.errors import FileUnreadable, UploadOfOtherKind
from models.recognition import IdentityCardReading, LicenceReading
from samples import facts
from samples.drawing import Sheet, lay_ink, round_seal
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


def _stamped() -> bytes:
    """Company seals over the name and over the code."""
    page = draw_licence()
    for centre in ((560, 560), (300, 330)):
        lay_ink(page, round_seal("样例云签北京科技有限公司", 420), centre)
    return jpeg(photographed(page, (1800, 1300), seed=5))


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


@pytest.mark.parametrize("degrees", [7, 90, 180])
def test_reads_a_turned_licence(ocr, degrees):
    assert _is_the_sample(read_licence(ocr, _turned(LICENCE, degrees)))


def test_reads_through_red_seals(ocr):
    reading = read_licence(ocr, _stamped())
    assert reading.uscc.value == facts.USCC
    assert reading.name.value == facts.NAME


def test_reads_a_small_licence(ocr):
    with Image.open(LICENCE) as picture:
        small = jpeg(picture.resize((700, 506), Image.Resampling.LANCZOS))
    assert _is_the_sample(read_licence(ocr, small))


@pytest.mark.parametrize("degrees", [-8, 270])
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


def test_no_field_of_the_clear_portrait_side_needs_attention_and_none_reaches_the_logs(ocr, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        reading = read_identity_card(ocr, ID_PORTRAIT.read_bytes())
    assert not reading.name.needs_attention
    assert not reading.number.needs_attention
    printed = capfd.readouterr()
    for trace in (caplog.text, printed.out, printed.err):
        assert facts.RESIDENT_ID not in trace
        assert facts.LEGAL_REPRESENTATIVE not in trace


def test_the_engine_starts_and_reads_without_a_network(monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    page = Sheet((600, 300), (255, 255, 255))
    page.text((60, 150), "样例合同", 80)
    assert [box.text for box in RapidOcr().read(page.image)] == ["样例合同"]
