"""Characters as vector paths, from the open-licensed Noto Serif SC (OFL 1.1)."""

from functools import cache
from typing import Any, NamedTuple

from fontTools.misc.transform import Transform
from fontTools.pens.basePen import BasePen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from pylopdf_fonts_zh_cn import serif_path

from models.errors import GlyphMissing

EM_MIDDLE = 0.38  # the middle of a Han glyph's square above the baseline, in em


class _Font(NamedTuple):
    glyphs: Any
    names: dict[int, str]
    em: int


@cache
def _font() -> _Font:
    """Parsed once; glyphs are read as they are asked for."""
    font = TTFont(serif_path(), lazy=True)
    return _Font(font.getGlyphSet(), font.getBestCmap(), font["head"].unitsPerEm)


class OperatorPen(BasePen):  # type: ignore[misc]  # fontTools carries no types
    """Writes what is drawn as PDF path operators."""

    def __init__(self, glyphs: Any = None) -> None:
        super().__init__(glyphs)
        self.operators: list[bytes] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:
        self.operators.append(b"%.3f %.3f m" % pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:
        self.operators.append(b"%.3f %.3f l" % pt)

    def _curveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]) -> None:
        self.operators.append(b"%.3f %.3f %.3f %.3f %.3f %.3f c" % (*pt1, *pt2, *pt3))

    def _closePath(self) -> None:
        self.operators.append(b"h")


def require_glyphs(text: str) -> None:
    """Raises GlyphMissing with the ``characters`` the font does not have."""
    names = _font().names
    missing = "".join(dict.fromkeys(character for character in text if ord(character) not in names))
    if missing:
        raise GlyphMissing(characters=missing)


def advance(character: str) -> float:
    """Width in em; 1 for a Han character."""
    font = _font()
    return float(font.glyphs[font.names[ord(character)]].width / font.em)


def trace(character: str, placed: Transform) -> list[bytes]:
    """The character's path; ``placed`` maps a square of one em around its middle onto the drawing."""
    font = _font()
    pen = OperatorPen(font.glyphs)
    unit = 1 / font.em
    centred = placed.translate(-advance(character) / 2, -EM_MIDDLE).scale(unit, unit)
    font.glyphs[font.names[ord(character)]].draw(TransformPen(pen, centred))
    return pen.operators
