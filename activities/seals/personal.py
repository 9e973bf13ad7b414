"""A person's signature as typed: the name in dark ink, no box."""

from dataclasses import dataclass

from fontTools.misc.transform import Identity

from activities.seals.artwork import POINTS_PER_MM, SealArtwork
from activities.seals.outlines import advance, require_glyphs, trace
from models.errors import SealTextInvalid

NAME_LENGTH = (1, 30)
VERSION = "personal-typed-1"


@dataclass(frozen=True)
class InkStyle:
    """Lengths in millimetres."""

    size: float = 8.0
    spacing: float = 0.08
    """Between characters, as a part of their size."""
    margin: float = 0.8
    longest: float = 42.0
    """A longer name gets smaller characters."""
    colour: tuple[float, float, float] = (0.06, 0.08, 0.22)
    weight: float = 0.10


def draw_personal_signature(name: str, style: InkStyle | None = None) -> SealArtwork:
    """Raises SealTextInvalid for a length that is not drawn, GlyphMissing for characters the font lacks."""
    style = style or InkStyle()
    if not NAME_LENGTH[0] <= len(name) <= NAME_LENGTH[1] or not name.isprintable():
        raise SealTextInvalid(part="name", minimum=NAME_LENGTH[0], maximum=NAME_LENGTH[1])
    require_glyphs(name)
    ems = sum(advance(character) for character in name) + style.spacing * (len(name) - 1)
    size = min(style.size, (style.longest - 2 * style.margin) / ems)
    width, height = size * ems + 2 * style.margin, size + 2 * style.margin
    colour = b"%.3f %.3f %.3f" % style.colour
    steps = [b"%b rg" % colour, b"%b RG" % colour, b"%.3f w" % (style.weight * POINTS_PER_MM), b"1 j"]
    left = style.margin
    for character in name:
        step = advance(character) * size
        middle = Identity.scale(POINTS_PER_MM, POINTS_PER_MM).translate(left + step / 2, height / 2)
        steps += trace(character, middle.scale(size, size))
        left += step + style.spacing * size
    operators = b"\n".join([*steps, b"B"]) + b"\n"
    return SealArtwork(width_mm=width, height_mm=height, operators=operators, version=VERSION)
