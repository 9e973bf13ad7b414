import io
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from activities.pdf.normalise import normalise
from activities.pdf.rendering import render_page
from models.errors import DocumentActive, DocumentAlreadySigned, DocumentEncrypted, DocumentTooLong, FileUnreadable
from models.limits import CONTRACT_PAGES
from tests.activities.pdf.documents import make_pdf

SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
LAUNCH = Dictionary(Type=Name.Action, S=Name.Launch, F=String("calc.exe"))
ATTACHED = Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary())
BOX = Array([100, 100, 200, 200])


def test_same_bytes_in_give_the_same_bytes_out() -> None:
    document = make_pdf(2)
    assert normalise(document).data == normalise(document).data


def test_a_normalised_document_stays_as_it_is() -> None:
    once = normalise(make_pdf(2))
    assert normalise(once.data) == once


def test_the_result_is_one_revision_with_a_classic_cross_reference_table() -> None:
    with pikepdf.open(io.BytesIO(make_pdf())) as pdf:
        packed = io.BytesIO()
        pdf.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    assert b"/ObjStm" in packed.getvalue()
    data = normalise(packed.getvalue()).data
    assert b"/ObjStm" not in data
    assert data.count(b"%%EOF") == 1
    assert b"\nxref\n" in data


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (595, 842)), (90, (842, 595)), (180, (595, 842)), (-90, (842, 595)), (450, (842, 595))]
)
def test_page_sizes_are_as_the_reader_sees_them(rotation: int, size: tuple[float, float]) -> None:
    page = normalise(make_pdf(page={"/Rotate": rotation})).pages[0]
    assert (page.width, page.height) == size


def test_crop_box_is_clipped_to_the_media_box_and_bounds_the_page() -> None:
    document = normalise(make_pdf(page={"/CropBox": Array([700, 900, 95, 42])}))
    assert (document.pages[0].width, document.pages[0].height) == (500, 800)


def test_inherited_page_attributes_come_onto_the_page() -> None:
    with pikepdf.open(io.BytesIO(make_pdf(2))) as pdf:
        for page in pdf.pages:
            del page.obj["/MediaBox"]
        pdf.Root.Pages.MediaBox = Array([0, 0, 300, 400])
        pdf.Root.Pages.Rotate = 90
        out = io.BytesIO()
        pdf.save(out)
    document = normalise(out.getvalue())
    assert [(page.width, page.height) for page in document.pages] == [(400, 300)] * 2
    with pikepdf.open(io.BytesIO(document.data)) as pdf:
        assert all("/MediaBox" in page.obj and page.obj.Rotate == 90 for page in pdf.pages)


@pytest.mark.parametrize(
    ("page", "catalog", "what"),
    [
        ({}, {"/OpenAction": SCRIPT}, "OpenAction"),
        ({}, {"/OpenAction": LAUNCH}, "OpenAction"),
        ({}, {"/Names": Dictionary(JavaScript=Dictionary(Names=Array([])))}, "JavaScript"),
        ({}, {"/Names": Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))}, "EmbeddedFile"),
        ({}, {"/AcroForm": Dictionary(Fields=Array([]), XFA=String("x"))}, "XFA"),
        ({}, {"/AcroForm": Dictionary(Fields=Array([]), NeedAppearances=True)}, "NeedAppearances"),
        ({}, {"/AA": Dictionary(WC=SCRIPT)}, "AdditionalActions"),
        ({}, {"/OCProperties": Dictionary(D=Dictionary(BaseState=Name.OFF))}, "hidden layer"),
        ({"/AA": Dictionary(O=SCRIPT)}, {}, "AdditionalActions"),
        ({"/Annots": Array([Dictionary(Subtype=Name.Link, Rect=BOX, A=SCRIPT)])}, {}, "JavaScript"),
        ({"/Annots": Array([Dictionary(Subtype=Name.Link, Rect=BOX, A=LAUNCH)])}, {}, "Launch"),
        ({"/Annots": Array([Dictionary(Subtype=Name.RichMedia, Rect=BOX)])}, {}, "RichMedia"),
        ({"/Annots": Array([Dictionary(Subtype=Name.FileAttachment, Rect=BOX)])}, {}, "EmbeddedFile"),
        ({"/AF": Array([ATTACHED])}, {}, "EmbeddedFile"),
    ],
)
def test_active_content_is_refused_by_name(page: dict[str, Any], catalog: dict[str, Any], what: str) -> None:
    with pytest.raises(DocumentActive) as refusal:
        normalise(make_pdf(page=page, catalog=catalog))
    assert refusal.value.facts == {"what": what}


def test_a_harmless_opening_view_is_dropped_and_a_link_kept() -> None:
    to_web = Dictionary(S=Name.URI, URI=String("https://example.com"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=BOX, A=to_web)
    document = normalise(
        make_pdf(page={"/Annots": Array([link])}, catalog={"/OpenAction": Dictionary(S=Name.GoTo, D=Array([]))})
    )
    with pikepdf.open(io.BytesIO(document.data)) as pdf:
        assert "/OpenAction" not in pdf.Root
        assert [str(annotation.Subtype) for annotation in pdf.pages[0].Annots] == ["/Link"]


def test_form_fields_are_flattened_into_what_they_show() -> None:
    with pikepdf.open(io.BytesIO(make_pdf())) as pdf:
        shown = pdf.make_stream(b"1 0 0 rg 0 0 100 100 re f")
        shown.update({"/Type": Name.XObject, "/Subtype": Name.Form, "/BBox": Array([0, 0, 100, 100])})
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("t"), V=String("x"), Rect=BOX, F=4,
                AP=Dictionary(N=shown),
            )
        )  # fmt: skip
        pdf.pages[0].Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
        out = io.BytesIO()
        pdf.save(out)
    before = render_page(out.getvalue(), 1)
    document = normalise(out.getvalue())
    assert render_page(document.data, 1) == before
    with pikepdf.open(io.BytesIO(document.data)) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/Annots" not in pdf.pages[0]


def test_a_signed_document_is_refused(contract: bytes) -> None:
    with pytest.raises(DocumentAlreadySigned):
        normalise(contract)


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_document_is_refused(password: str) -> None:
    with pikepdf.open(io.BytesIO(make_pdf())) as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=password))
    with pytest.raises(DocumentEncrypted):
        normalise(out.getvalue())


def test_a_document_has_at_most_the_pages_of_the_limit() -> None:
    assert len(normalise(make_pdf(CONTRACT_PAGES)).pages) == CONTRACT_PAGES
    with pytest.raises(DocumentTooLong):
        normalise(make_pdf(CONTRACT_PAGES + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a pdf",
        b"%PDF-1.7\n",
        make_pdf()[:-200],
        make_pdf(0),
        make_pdf(page={"/Rotate": 45}),
        make_pdf(page={"/MediaBox": Array([0, 0, 1, 1])}),
        make_pdf(page={"/MediaBox": Array([0, 0, 20000, 20000])}),
    ],
)
def test_what_cannot_be_read_as_pages_is_unreadable(data: bytes) -> None:
    with pytest.raises(FileUnreadable):
        normalise(data)
