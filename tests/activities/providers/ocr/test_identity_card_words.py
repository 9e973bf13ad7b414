"""Sides of the card as pieces of text: no engine runs."""

import pytest

from activities.providers.ocr.identity_card import parse_identity_card
from models.errors import FileUnreadable, UploadOfOtherKind
from samples import facts
from tests.activities.providers.ocr.pieces import piece


def _portrait(number: str = facts.RESIDENT_ID, name: str = "姓名张样例", birth: str = "1990年1月1日"):
    return parse_identity_card(
        [
            piece(name, 50, 50),
            piece("性别男", 50, 110),
            piece("民族汉", 200, 110),
            piece("出生", 50, 170),
            piece(birth, 130, 170),
            piece("住址样例市样例路", 50, 230),
            piece("公民身份号码", 50, 400),
            piece(number, 300, 400),
        ]
    )


def test_c07_reads_the_portrait_side():
    reading = _portrait()
    assert reading.side == "portrait"
    assert reading.name.value == facts.LEGAL_REPRESENTATIVE
    assert reading.number.value == facts.RESIDENT_ID
    assert reading.validity.how == reading.authority.how == "missing"


@pytest.mark.parametrize("term", ["2018.01.08-2038.01.08", "2018.01.08-长期"])
def test_c07_reads_the_emblem_side(term):
    reading = parse_identity_card(
        [
            piece("中华人民共和国", 300, 50),
            piece("居民身份证", 300, 120),
            piece("签发机关", 150, 400),
            piece("样例市公安局样例分局", 290, 400),
            piece("有效期限", 150, 460),
            piece(term, 290, 460),
        ]
    )
    assert reading.side == "emblem"
    assert reading.authority.value == "样例市公安局样例分局"
    assert reading.validity.value == term
    assert reading.number.how == "missing"


def test_a_number_breaking_its_check_digit_is_not_accepted():
    number = _portrait("999999199001010015").number
    assert (number.how, number.value, number.raw) == ("missing", None, "999999199001010015")


def test_a_mended_number_is_marked():
    number = _portrait("99999919900101O016").number
    assert (number.how, number.value) == ("repaired", facts.RESIDENT_ID)


def test_a_number_against_the_printed_birth_date_needs_attention():
    assert _portrait(birth="1991年1月1日").number.needs_attention


def test_a_name_whose_label_is_hidden_stands_above_the_sex():
    name = _portrait(name="张样例").name
    assert name.value == "张样例"
    assert name.needs_attention


def test_another_document_is_refused_by_name():
    with pytest.raises(UploadOfOtherKind) as refusal:
        parse_identity_card([piece("营业执照", 100, 50), piece("经营范围", 100, 400)])
    assert refusal.value.facts == {"expected": "identity_card"}


def test_a_picture_without_text_is_unreadable():
    with pytest.raises(FileUnreadable):
        parse_identity_card([])
