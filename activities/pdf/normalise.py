"""An uploaded contract becomes one clean revision that every reader understands the same way.

Form fields and comments are flattened into the page, links stay; layers, scripts' places and the form itself go.
The result has a classic cross-reference table, so ``revisions`` can append to it. Untrusted bytes: call by
``run_confined``. The same bytes in give the same bytes out.
"""

import hashlib
import io
from typing import Any

import pikepdf
from pydantic import BaseModel, ConfigDict

from activities.pdf.placement import PageSize, VisiblePage
from activities.pdf.screening import refuse_active
from models.errors import DocumentEncrypted, DocumentTooLong, FileUnreadable
from models.limits import CONTRACT_PAGES

PDF_VERSION = "1.7"
PAGE_SIDE_MIN, PAGE_SIDE_MAX = 36, 14_400  # points; ISO 32000-1 Annex C.2 for the largest
KEPT_IN_CATALOG = frozenset(
    {
        "/Type",
        "/Pages",
        "/Outlines",
        "/PageLabels",
        "/PageLayout",
        "/PageMode",
        "/Dests",
        "/Names",
        "/Lang",
        "/MarkInfo",
        "/StructTreeRoot",
        "/ViewerPreferences",
        "/Metadata",
        "/OutputIntents",
    }
)
DROPPED_FROM_PAGE = ("/AA", "/Thumb", "/B", "/Trans", "/Dur", "/PieceInfo")


class NormalisedDocument(BaseModel):
    """``sha256`` of ``data`` in hexadecimal; the pages as they are seen."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    data: bytes
    sha256: str
    pages: list[PageSize]


def normalise(data: bytes) -> NormalisedDocument:
    """Raises DocumentEncrypted, DocumentActive, DocumentAlreadySigned, DocumentTooLong, FileUnreadable."""
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            return _normalised(pdf)
    except pikepdf.PasswordError as error:
        raise DocumentEncrypted from error
    except (pikepdf.PikepdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FileUnreadable from error


def _normalised(pdf: pikepdf.Pdf) -> NormalisedDocument:
    if pdf.is_encrypted:
        raise DocumentEncrypted
    if len(pdf.pages) > CONTRACT_PAGES:
        raise DocumentTooLong(limit=CONTRACT_PAGES)
    if len(pdf.pages) == 0:
        raise FileUnreadable
    refuse_active(pdf)
    pdf.flatten_annotations("screen")
    sizes = [_settle_page(page) for page in pdf.pages]
    _settle_catalog(pdf.Root)
    out = io.BytesIO()
    pdf.save(
        out,
        force_version=PDF_VERSION,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        deterministic_id=True,
    )
    rewritten = out.getvalue()
    return NormalisedDocument(data=rewritten, sha256=hashlib.sha256(rewritten).hexdigest(), pages=sizes)


def _settle_page(page: pikepdf.Page) -> PageSize:
    """Inherited attributes come onto the page, boxes into order, rotation into 0…270, links stay alone."""
    own = page.obj
    media = _box(page.mediabox)
    crop = _intersection(media, _box(page.cropbox))
    rotation = _inherited(own, "/Rotate")
    own.MediaBox, own.CropBox = pikepdf.Array(media), pikepdf.Array(crop)
    own.Rotate = int(rotation or 0) % 360
    if own.Rotate % 90 or not 0 < float(own.get("/UserUnit", 1)) <= 100:
        raise FileUnreadable
    own.Resources = page.resources
    for box in ("/BleedBox", "/TrimBox", "/ArtBox", *DROPPED_FROM_PAGE):
        if box in own:
            del own[box]
    page.contents_coalesce()
    if "/Contents" in own:
        own.Contents.read_bytes()
    _keep_links(own)
    return VisiblePage.of(own).size


def _box(values: Any) -> list[float]:
    left, bottom, right, top = (float(value) for value in values)
    return [min(left, right), min(bottom, top), max(left, right), max(bottom, top)]


def _intersection(media: list[float], crop: list[float]) -> list[float]:
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    for side in (right - left, top - bottom):
        if not PAGE_SIDE_MIN <= side <= PAGE_SIDE_MAX:
            raise FileUnreadable
    return [left, bottom, right, top]


def _inherited(page: Any, key: str) -> Any:
    for _ in range(50):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return None
        page = page.Parent
    raise FileUnreadable


def _keep_links(page: Any) -> None:
    links = [mark for mark in page.get("/Annots", []) if mark.get("/Subtype") == "/Link"]
    if links:
        page.Annots = pikepdf.Array(links)
    elif "/Annots" in page:
        del page["/Annots"]


def _settle_catalog(catalog: Any) -> None:
    for key in list(catalog.keys()):
        if key not in KEPT_IN_CATALOG:
            del catalog[key]
    names = catalog.get("/Names", {})
    for key in list(names.keys()):
        if key != "/Dests":
            del names[key]
