import io
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy
import pytest
from PIL import Image

from activities.pdf.base import build_base
from activities.pdf.normalise import normalise
from activities.pdf.placement import PartyMark, Placement
from activities.pdf.rendering import render_page
from activities.seals.artwork import POINTS_PER_MM, SealArtwork
from activities.seals.enterprise import draw_enterprise_seal
from models.errors import GlyphMissing, SealTextInvalid
from tests.activities.pdf.documents import make_pdf

Pixels = numpy.ndarray[Any, Any]
NAMES = ["样例科技", "样例科技（杭州）有限公司", "中华样例龘犇省样例市样例高新技术产业开发区进出口贸易有限责任"]


def picture(artwork: SealArtwork) -> Pixels:
    """Where the mark alone, drawn in the middle of an empty page at 4 pixels a point, has ink."""
    place = Placement(page=1, x=297.5, y=421)
    page = normalise(make_pdf()).data
    bare = Image.open(io.BytesIO(render_page(page, 1, 288)))
    marked = build_base(page, [PartyMark(field_name="p", placements=[place], artwork=artwork)])
    drawn = Image.open(io.BytesIO(render_page(marked, 1, 288)))
    return numpy.any(numpy.asarray(bare) != numpy.asarray(drawn), axis=2)


def rings(ink: Pixels, inner_mm: float, outer_mm: float) -> Pixels:
    """Angles (degrees counter-clockwise from the right) that have ink between two radii around the page's middle."""
    height, width = ink.shape
    rows, columns = numpy.nonzero(ink)
    x, y = (columns - width / 2) / 4 / POINTS_PER_MM, (height / 2 - rows) / 4 / POINTS_PER_MM
    radius = numpy.hypot(x, y)
    within = (radius >= inner_mm) & (radius <= outer_mm)
    return numpy.degrees(numpy.arctan2(y[within], x[within]))


@pytest.mark.parametrize("name", NAMES)
def test_ring_star_and_name_stand_where_a_seal_has_them(name: str) -> None:
    ink = picture(draw_enterprise_seal(name))
    columns = numpy.nonzero(ink.any(axis=0))[0]
    assert (columns[-1] - columns[0] + 1) / 4 / POINTS_PER_MM == pytest.approx(42, abs=0.2)
    assert len(numpy.unique(rings(ink, 20.2, 20.6).round())) >= 360  # the ring is closed
    assert len(rings(ink, 0, 2)) > 0  # the star's middle
    assert len(rings(ink, 7.5, 12.5)) == 0  # white between star and name
    assert len(rings(ink, 18.9, 19.6)) == 0  # white between name and ring


@pytest.mark.parametrize("name", NAMES)
def test_the_name_spans_at_most_225_degrees_and_lies_evenly(name: str) -> None:
    angles = (rings(picture(draw_enterprise_seal(name)), 13, 18.8) - 90 + 180) % 360 - 180
    assert angles.max() - angles.min() <= 225
    assert angles.max() == pytest.approx(-angles.min(), abs=3)


def test_the_number_lies_along_the_bottom() -> None:
    without = rings(picture(draw_enterprise_seal(NAMES[1])), 15.5, 18.8)
    angles = rings(picture(draw_enterprise_seal(NAMES[1], "3301000012345")), 15.5, 18.8)
    assert not ((without > -125) & (without < -55)).any()
    assert ((angles > -125) & (angles < -55)).any()


@pytest.mark.parametrize("name", NAMES)
def test_the_ring_is_even_odd_and_apart_from_the_glyphs(name: str) -> None:
    operators = draw_enterprise_seal(name).operators
    ring, _, rest = operators.partition(b"\nf*\n")
    assert ring.count(b"h") == 2
    assert b"f*" not in rest
    known = {b"rg", b"RG", b"w", b"j", b"m", b"l", b"c", b"h", b"f*", b"f", b"B"}
    assert set(re.findall(rb"[A-Za-z]+\*?", operators)) == known


def test_the_same_name_gives_the_same_drawing() -> None:
    assert draw_enterprise_seal(NAMES[1], "1") == draw_enterprise_seal(NAMES[1], "1")


@pytest.mark.parametrize(
    ("name", "number"), [("样例科", None), ("样" * 31, None), ("样例\n科技", None), (NAMES[0], "")]
)
def test_a_text_of_another_length_is_refused(name: str, number: str | None) -> None:
    with pytest.raises(SealTextInvalid):
        draw_enterprise_seal(name, number)


def test_a_missing_glyph_is_named() -> None:
    with pytest.raises(GlyphMissing) as refusal:
        draw_enterprise_seal("样例\U0002f800科技")
    assert refusal.value.facts == {"characters": "\U0002f800"}


def test_the_preview_holds_the_same_paths() -> None:
    artwork = draw_enterprise_seal(NAMES[1])
    svg = ElementTree.fromstring(artwork.to_svg())
    paths = svg.findall(".//{http://www.w3.org/2000/svg}path")
    assert [path.get("fill-rule") for path in paths] == ["evenodd", None, None]
    moves = sum(path.attrib["d"].count("M") for path in paths)
    assert moves == len(re.findall(rb" m\n", artwork.operators))
    assert (svg.get("width"), svg.get("height")) == ("42mm", "42mm")
