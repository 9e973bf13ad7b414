import pytest

from activities.providers.ocr import codes
from samples import facts

GOOD = facts.USCC  # 91990000MAYANGL198


def test_both_check_digits_of_a_uscc_must_hold():
    assert codes.is_uscc(GOOD)
    assert not codes.is_uscc("91990000MAYANGL199")
    # The last digit is right for these 17, the organisation code inside is not.
    assert not codes.is_uscc("91990000MAYANGL286")


@pytest.mark.parametrize(
    ("read", "proposed"),
    [
        ("9199OOOOMAYANGL198", GOOD),  # letters that never occur
        ("9199O000MAYANGLI98", GOOD),
        ("9199QDOOMAYANGL198", GOOD),  # letters where only digits stand
        ("91990000MAYANGL19B", GOOD),  # one look-alike
        ("91990000MAYANG1198", GOOD),
        ("91990000MAXANGL19B", None),  # two: never tried
        ("91990000MAYANGL194", None),
    ],
)
def test_a_uscc_is_mended_by_one_substitution_at_most(read, proposed):
    assert codes.mended_uscc(read) == proposed


def test_no_look_alike_misreading_passes_or_is_mended_into_another_code():
    misread = [
        GOOD[:place] + other + GOOD[place + 1 :]
        for place in range(18)
        for group in codes.ALIKE
        for other in group
        if GOOD[place] in group and other != GOOD[place]
    ]
    assert len(misread) > 30
    for read in misread:
        assert not codes.is_uscc(read)
        assert codes.mended_uscc(read) in (None, GOOD)


def test_only_a_business_code_is_proposed():
    assert codes.mended_uscc("61990000MAYANGL198") is None


def test_an_identity_number_is_mended_where_letters_stand_for_digits():
    number = facts.RESIDENT_ID  # 999999199001010016
    assert codes.mended_resident_id("99999919900101OO16", "19900101") == number
    assert codes.mended_resident_id("99999919900101OO16", None) == number
    assert codes.mended_resident_id("99999919900101OO16", "19900102") is None
    assert codes.mended_resident_id("999999199001010018", "19900101") is None


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("100000000000014", True),  # GS 15-2006: MOD 11,10
        ("100000000000015", False),
        ("4403012012345", True),  # 13 digits carry no check digit
        ("44030120123456", False),
    ],
)
def test_registration_numbers_of_before_2015(number, holds):
    assert codes.is_registration_number(number) is holds


def test_runs_stand_alone():
    assert codes.runs(f"代码{GOOD}（1/1）", 18) == [GOOD]
    assert codes.runs(f"编号{GOOD}12345", 18) == []
