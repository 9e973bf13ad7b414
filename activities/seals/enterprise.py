"""The round enterprise seal (电子公章): ring, star, the name along the upper arc, a number along the lower."""

from dataclasses import dataclass
from math import cos, pi, radians, sin

from fontTools.misc.transform import Identity, Transform

from activities.seals.artwork import POINTS_PER_MM, SealArtwork
from activities.seals.outlines import OperatorPen, advance, require_glyphs, trace
from models.errors import SealTextInvalid

NAME_LENGTH = (4, 30)
NUMBER_LENGTH = (1, 18)
CIRCLE = 0.5522847498  # a quarter circle's control points, as a part of its radius
STAR_INNER = 0.381966  # of a pentagram: (3 - √5) / 2
VERSION = "enterprise-round-1"


@dataclass(frozen=True)
class RoundStyle:
    """Lengths in millimetres, angles in degrees."""

    diameter: float = 42.0
    ring: float = 1.2
    star: float = 14.0
    colour: tuple[float, float, float] = (0.84, 0.07, 0.11)
    name_radius: float = 18.7
    """Of the outer edge of the name."""
    name_span: float = 225.0
    name_pitch: float = 28.0
    """At most, from one character to the next."""
    name_width: float = 4.3
    name_height: float = 5.6
    name_proportion: float = 1.55
    """Height to width where a long name makes the characters narrow."""
    name_weight: float = 0.035
    """Line around each character, as a part of its width: the font is a regular, a seal's a bold."""
    number_radius: float = 18.6
    number_size: float = 2.6
    number_pitch: float = 5.4
    number_weight: float = 0.06


def draw_enterprise_seal(name: str, number: str | None = None, style: RoundStyle | None = None) -> SealArtwork:
    """Raises SealTextInvalid for a length that is not drawn, GlyphMissing for characters the font lacks."""
    style = style or RoundStyle()
    _require_length("name", name, NAME_LENGTH)
    if number is not None:
        _require_length("number", number, NUMBER_LENGTH)
    require_glyphs(name + (number or ""))
    scale = Identity.scale(POINTS_PER_MM, POINTS_PER_MM).translate(style.diameter / 2, style.diameter / 2)
    colour = b"%.3f %.3f %.3f" % style.colour
    steps = [
        b"%b rg" % colour,
        b"%b RG" % colour,
        b"1 j",
        *_ring(style, scale),
        b"f*",
        *_star(style, scale),
        b"f",
        *_name(name, style, scale),
        b"B",
    ]
    if number is not None:
        steps += [*_number(number, style, scale), b"B"]
    operators = b"\n".join(steps) + b"\n"
    return SealArtwork(width_mm=style.diameter, height_mm=style.diameter, operators=operators, version=VERSION)


def _require_length(part: str, text: str, bounds: tuple[int, int]) -> None:
    if not bounds[0] <= len(text) <= bounds[1] or not text.isprintable():
        raise SealTextInvalid(part=part, minimum=bounds[0], maximum=bounds[1])


def _ring(style: RoundStyle, scale: Transform) -> list[bytes]:
    outer = style.diameter / 2
    return [*_circle(outer, scale), *_circle(outer - style.ring, scale)]


def _circle(radius: float, scale: Transform) -> list[bytes]:
    pen = OperatorPen()
    handle = radius * CIRCLE
    pen.moveTo(scale.transformPoint((radius, 0)))
    for quarter in range(4):
        turned = scale.rotate(quarter * pi / 2)
        curve = [(radius, handle), (handle, radius), (0, radius)]
        pen.curveTo(*(turned.transformPoint(point) for point in curve))
    pen.closePath()
    return pen.operators


def _star(style: RoundStyle, scale: Transform) -> list[bytes]:
    pen = OperatorPen()
    for corner in range(10):
        radius = style.star / 2 * (STAR_INNER if corner % 2 else 1)
        angle = radians(90 - 36 * corner)
        point = scale.transformPoint((radius * cos(angle), radius * sin(angle)))
        (pen.lineTo if corner else pen.moveTo)(point)
    pen.closePath()
    return pen.operators


def _name(name: str, style: RoundStyle, scale: Transform) -> list[bytes]:
    """Clockwise over the top, feet to the star; a longer name gets narrower, then smaller characters."""
    pitch = min(style.name_pitch, style.name_span / len(name))
    inner_edge = style.name_radius - style.name_height
    width = min(style.name_width, radians(pitch) * (inner_edge + 1))
    height = min(style.name_height, width * style.name_proportion)
    middle = style.name_radius - height / 2
    operators = [b"%.3f w" % (style.name_weight * width * POINTS_PER_MM)]
    for index, character in enumerate(name):
        angle = pitch * ((len(name) - 1) / 2 - index)
        upright = scale.rotate(radians(angle)).translate(0, middle)
        operators += trace(character, upright.scale(width, height))
    return operators


def _number(number: str, style: RoundStyle, scale: Transform) -> list[bytes]:
    """Counter-clockwise along the bottom, heads to the star."""
    operators = [b"%.3f w" % (style.number_weight * POINTS_PER_MM)]
    middle = style.number_radius - style.number_size / 2
    for index, character in enumerate(number):
        angle = style.number_pitch * (index - (len(number) - 1) / 2)
        upright = scale.rotate(radians(angle)).translate(0, -middle)
        shrink = min(1.0, 0.62 / advance(character))
        operators += trace(character, upright.scale(style.number_size * shrink, style.number_size))
    return operators
