import pytest

from models import values
from samples import facts


@pytest.mark.parametrize("code", [facts.USCC, facts.USCC.lower(), f" {facts.USCC[:9]} {facts.USCC[9:]} "])
def test_c11_a_right_code_is_normalised(code: str) -> None:
    assert values.uscc(code) == facts.USCC


@pytest.mark.parametrize("code", ["", "1", facts.USCC[:-1], facts.USCC + "0", facts.USCC[:-1] + "Z", "9" * 18])
def test_c11_a_code_whose_check_digit_fails_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="uscc_invalid"):
        values.uscc(code)


@pytest.mark.parametrize("position", range(18))
def test_c11_every_single_wrong_character_is_found(position: int) -> None:
    wrong = "1" if facts.USCC[position] != "1" else "2"
    with pytest.raises(ValueError, match="uscc_invalid"):
        values.uscc(facts.USCC[:position] + wrong + facts.USCC[position + 1 :])


@pytest.mark.parametrize("area", ["330113", "990000", "000000"])
def test_an_identity_number_is_not_judged_by_its_area(area: str) -> None:
    first = area + "20000101" + "001"
    assert values.resident_id(first + values.resident_id_check_digit(first))


@pytest.mark.parametrize("birth", ["19990230", "20001301", "00000000"])
def test_an_identity_number_with_no_such_birthday_is_refused(birth: str) -> None:
    first = "990000" + birth + "001"
    with pytest.raises(ValueError, match="resident_id_invalid"):
        values.resident_id(first + values.resident_id_check_digit(first))


@pytest.mark.parametrize("text", ["19900000001", "+86 199-0000-0001", "１９９００００００01"])
def test_a03_a_mobile_number_is_normalised(text: str) -> None:
    assert values.contact(text) == "19900000001"


@pytest.mark.parametrize("text", ["12345678901", "01012345678", "1990000000", "+1 650 253 0000", "abc", ""])
def test_a03_what_is_no_mainland_mobile_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mobile_invalid"):
        values.contact(text)


def test_a03_e_mail_addresses_never_differ_by_case_alone() -> None:
    assert values.contact(" Zhang.San@Example.COM ") == "zhang.san@example.com"


@pytest.mark.parametrize("text", ["a@b", "a b@example.com", "@example.com", "a@example..com", "a\n@example.com"])
def test_a03_what_is_no_e_mail_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="email_invalid"):
        values.contact(text)


def test_c12_inner_spaces_of_a_name_stay() -> None:
    assert values.name("  SAMPLE  TRADING CO ") == "SAMPLE  TRADING CO"


@pytest.mark.parametrize("text", ["", "   ", "a\u200bb", "a\u202eb", "a\x00b", "名" * 121])
def test_names_with_invisible_characters_or_no_sensible_length_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="name_invalid"):
        values.name(text)


def test_w01_masking() -> None:
    assert values.masked_name("李三字") == "**字"
    assert values.masked_number("350000199001010326") == "350*****326"
    assert values.masked_contact("13700003482") == "137****3482"
    assert values.masked_contact("734000@example.com") == "734...@example.com"
