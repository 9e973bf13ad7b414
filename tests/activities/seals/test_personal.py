import pytest

from activities.seals.personal import draw_personal_signature
from models.errors import GlyphMissing, SealTextInvalid


def test_a_name_is_one_line_of_its_own_width() -> None:
    two, four = draw_personal_signature("张三"), draw_personal_signature("张三样例")
    assert two.height_mm == four.height_mm == pytest.approx(9.6)
    assert two.width_mm < four.width_mm <= 42


def test_a_long_name_gets_smaller_characters_not_a_longer_line() -> None:
    artwork = draw_personal_signature("阿卜杜拉·样例江·买买提")
    assert artwork.width_mm == pytest.approx(42)
    assert artwork.height_mm < 9.6


def test_rare_characters_are_drawn() -> None:
    assert draw_personal_signature("欧阳㐂龘").operators != draw_personal_signature("欧阳三四").operators


@pytest.mark.parametrize("name", ["", "张" * 31, "张\x00三"])
def test_a_text_of_another_length_is_refused(name: str) -> None:
    with pytest.raises(SealTextInvalid):
        draw_personal_signature(name)


def test_a_missing_glyph_is_named() -> None:
    with pytest.raises(GlyphMissing) as refusal:
        draw_personal_signature("张\U0002f800")
    assert refusal.value.facts == {"characters": "\U0002f800"}
