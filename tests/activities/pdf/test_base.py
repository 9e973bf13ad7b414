import io
from typing import Any

import numpy
import pikepdf
import pytest
from PIL import Image

from activities.pdf.base import build_base
from activities.pdf.normalise import normalise
from activities.pdf.placement import PartyMark, Placement
from activities.pdf.rendering import render_page
from activities.seals.enterprise import draw_enterprise_seal
from activities.seals.personal import draw_personal_signature
from models.errors import PlacementOutsidePage
from tests.activities.pdf.documents import ENTERPRISE, make_pdf, sample_base, sample_marks

NAME = draw_personal_signature("张三样例")


def mark(*placements: Placement, field_name: str = "party") -> PartyMark:
    return PartyMark(field_name=field_name, placements=list(placements), artwork=NAME)


def ink(document: bytes, base: bytes, unit: int = 1) -> Any:
    """Pixels, two a point, that the marks changed; the renderer takes a point for a ``unit`` of them."""
    pages = [numpy.asarray(Image.open(io.BytesIO(render_page(data, 1, 144 * unit)))) for data in (document, base)]
    return numpy.any(pages[0] != pages[1], axis=2)


def test_the_document_consented_to_stays_at_the_beginning_byte_for_byte() -> None:
    document = normalise(make_pdf()).data
    assert build_base(document, sample_marks()).startswith(document)


def test_the_base_is_one_more_revision_and_the_same_every_time() -> None:
    base = sample_base()
    assert base.count(b"%%EOF") == 2
    assert base == sample_base()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("entries", [{}, {"/CropBox": pikepdf.Array([40, 30, 560, 800])}, {"/UserUnit": 2}])
def test_the_mark_stands_upright_where_the_reader_sees_the_place(rotation: int, entries: dict[str, Any]) -> None:
    document = normalise(make_pdf(page={"/Rotate": rotation, **entries}))
    base = build_base(document.data, [mark(Placement(page=1, x=170, y=120))])
    changed = ink(document.data, base, entries.get("/UserUnit", 1))
    rows, columns = numpy.nonzero(changed)
    left, right = columns.min() / 2, columns.max() / 2
    bottom, top = document.pages[0].height - rows.max() / 2, document.pages[0].height - rows.min() / 2
    assert (left + right) / 2 == pytest.approx(170, abs=2)
    assert (bottom + top) / 2 == pytest.approx(120, abs=2)
    assert right - left == pytest.approx(NAME.width - 2 * 0.8 * 72 / 25.4, abs=4)
    upright = draw_upright()
    ours = changed[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    small = numpy.asarray(Image.fromarray(ours).resize(upright.shape[::-1]))
    assert (small == upright).mean() > 0.85
    assert (small[::-1, ::-1] == upright).mean() < 0.8


def draw_upright() -> Any:
    document = normalise(make_pdf()).data
    changed = ink(document, build_base(document, [mark(Placement(page=1, x=170, y=120))]))
    rows, columns = numpy.nonzero(changed)
    return changed[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@pytest.mark.parametrize(("x", "y"), [(20, 100), (580, 100), (100, 5), (100, 838), (-100, 100)])
def test_a_mark_over_the_edge_is_refused_with_the_pages_size(x: float, y: float) -> None:
    with pytest.raises(PlacementOutsidePage) as refusal:
        build_base(normalise(make_pdf()).data, [mark(Placement(page=1, x=x, y=y))])
    assert refusal.value.facts == {"page": 1, "width": 595, "height": 842}


def test_a_mark_may_touch_the_edge() -> None:
    placement = Placement(page=1, x=NAME.width / 2, y=NAME.height / 2)
    assert build_base(normalise(make_pdf()).data, [mark(placement)])


def test_a_page_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlacementOutsidePage) as refusal:
        build_base(normalise(make_pdf()).data, [mark(Placement(page=2, x=100, y=100))])
    assert refusal.value.facts["page"] == 2


def test_a_given_width_keeps_the_proportions() -> None:
    base = build_base(normalise(make_pdf()).data, [mark(Placement(page=1, x=200, y=200, width=50))])
    with pikepdf.open(io.BytesIO(base)) as pdf:
        left, bottom, right, top = (float(edge) for edge in pdf.Root.AcroForm.Fields[0].Rect)
    assert right - left == pytest.approx(50, abs=0.01)
    assert top - bottom == pytest.approx(50 * NAME.height / NAME.width, abs=0.01)


def test_a_party_has_one_signature_field_and_read_only_buttons_for_its_other_places() -> None:
    with pikepdf.open(io.BytesIO(sample_base())) as pdf:
        fields = [(str(field.T), str(field.FT), int(field.get("/Ff", 0))) for field in pdf.Root.AcroForm.Fields]
        assert fields == [
            ("party-a", "/Sig", 0),
            ("party-a-mark-2", "/Btn", 65537),
            ("party-b", "/Sig", 0),
            ("qianzhang-timestamp", "/Sig", 0),
        ]
        seals = [field.AP.N.objgen for field in list(pdf.Root.AcroForm.Fields)[:2]]
        assert seals[0] == seals[1]  # drawn once, shown twice
        shown = [field for field in pdf.Root.AcroForm.Fields if "/AP" in field]
        assert all(int(field.F) & 4 for field in shown)  # printed
        locks = [field.Lock for field in pdf.Root.AcroForm.Fields if "/Lock" in field]
        assert [[str(name) for name in lock.Fields] for lock in locks] == [["party-a"], ["party-a", "party-b"]]
        assert [int(lock.P) for lock in locks] == [2, 1]


def test_links_of_the_page_stay() -> None:
    link = pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Rect=pikepdf.Array([1, 1, 9, 9]))
    document = make_pdf(page={"/Annots": pikepdf.Array([link])})
    with pikepdf.open(io.BytesIO(sample_base(document))) as pdf:
        assert str(pdf.pages[0].Annots[0].Subtype) == "/Link"
        assert len(pdf.pages[0].Annots) == 5


def test_two_marks_of_one_name_are_a_mistake_of_the_caller() -> None:
    place = Placement(page=1, x=200, y=200)
    with pytest.raises(ValueError, match="differ"):
        build_base(normalise(make_pdf()).data, [mark(place), mark(place)])


def test_fifty_parties_fit() -> None:
    artwork = draw_enterprise_seal(ENTERPRISE)
    marks = [
        PartyMark(field_name=f"p{n}", placements=[Placement(page=1, x=200, y=200)], artwork=artwork) for n in range(50)
    ]
    base = build_base(normalise(make_pdf()).data, marks)
    assert len(base) < 60_000
