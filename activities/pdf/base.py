"""The revision every party's signature stands on: all marks drawn, all signature fields waiting.

Nothing that can be seen is added after it, so a signing revision only fills its own field. The normalised document
stays byte for byte at the beginning of the file. Per party there is one signature field with one widget, and a
read-only push button for each further placement: several widgets of one signature field break pyHanko's and
poppler's reading. A party's ``/Lock`` names its own signature field and those before it, and not the buttons: pyHanko
then mistakes a shared appearance for a change. The last lock allows no change at all (ISO 32000-2 §12.7.5.5), which
still admits timestamps and their proof.
"""

import io
import zlib
from typing import Any

import pikepdf

from activities.pdf.placement import PartyMark, Placement, Rectangle, VisiblePage
from activities.pdf.revisions import GrowingFile, reference, stream, text, with_entries
from activities.seals.artwork import SealArtwork
from models.errors import PlacementOutsidePage

TIMESTAMP_FIELD = "qianzhang-timestamp"
PRINT_AND_LOCKED = 4 | 128
INVISIBLE = 2 | 4 | 128
READ_ONLY_BUTTON = 1 | 1 << 16
SIGNATURES_EXIST_APPEND_ONLY = 3
FILLING, NO_CHANGES = 2, 1  # /P of a lock
TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def build_base(document: bytes, marks: list[PartyMark]) -> bytes:
    """``document`` as ``normalise`` made it, plus one revision; the parties sign in the order of ``marks``.

    Raises PlacementOutsidePage with the page and its size.
    """
    if len({mark.field_name for mark in marks} | {TIMESTAMP_FIELD}) != len(marks) + 1:
        raise ValueError("field names must differ")
    with pikepdf.open(io.BytesIO(document), attempt_recovery=False) as pdf:
        drawing = _Drawing(GrowingFile(document, pdf.trailer), pdf)
        for index, mark in enumerate(marks):
            locked = [signed.field_name for signed in marks[: index + 1]]
            drawing.add_party(mark, _lock(locked, NO_CHANGES if mark is marks[-1] else FILLING))
        drawing.add_timestamp_field()
        return drawing.finish()


def _button_names(mark: PartyMark) -> list[str]:
    return [f"{mark.field_name}-mark-{number}" for number in range(2, len(mark.placements) + 1)]


def _lock(names: list[str], permission: int) -> bytes:
    fields = b" ".join(text(name) for name in names)
    return b"<</Type/SigFieldLock/Action/Include/Fields[%b]/P %d>>" % (fields, permission)


class _Drawing:
    """Collects the objects of the one revision."""

    def __init__(self, file: GrowingFile, pdf: pikepdf.Pdf) -> None:
        self._file = file
        self._pdf = pdf
        self._objects: dict[int, bytes] = {}
        self._appearances: dict[tuple[bytes, int], int] = {}
        self._fields: list[int] = []
        self._widgets: dict[int, list[int]] = {}

    def add_party(self, mark: PartyMark, lock: bytes) -> None:
        first, *others = mark.placements
        lock_number = self._store(lock)
        self._add_widget(first, mark.artwork, b"/FT/Sig/T %b/Lock %d 0 R" % (text(mark.field_name), lock_number))
        for placement, name in zip(others, _button_names(mark), strict=True):
            self._add_widget(placement, mark.artwork, b"/FT/Btn/Ff %d/T %b" % (READ_ONLY_BUTTON, text(name)))

    def add_timestamp_field(self) -> None:
        page = self._pdf.pages[0].obj
        field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T %b/Rect[0 0 0 0]/F %d/P %b>>"
        number = self._store(field % (text(TIMESTAMP_FIELD), INVISIBLE, reference(page)))
        self._fields.append(number)
        self._widgets.setdefault(0, []).append(number)

    def finish(self) -> bytes:
        for index, widgets in self._widgets.items():
            page = self._pdf.pages[index].obj
            kept = [mark.unparse() for mark in page.get("/Annots", [])]
            annotations = b" ".join([*kept, *(b"%d 0 R" % number for number in widgets)])
            if "/Annots" in page:
                del page["/Annots"]
            self._objects[page.objgen[0]] = with_entries(page.unparse(resolved=True), b"/Annots[%b]" % annotations)
        fields = b" ".join(b"%d 0 R" % number for number in self._fields)
        form = self._store(b"<</Fields[%b]/SigFlags %d>>" % (fields, SIGNATURES_EXIST_APPEND_ONLY))
        root = self._pdf.Root
        self._objects[root.objgen[0]] = with_entries(root.unparse(resolved=True), b"/AcroForm %d 0 R" % form)
        self._file.append(self._objects)
        return self._file.getvalue()

    def _add_widget(self, placement: Placement, artwork: SealArtwork, entries: bytes) -> None:
        if placement.page > len(self._pdf.pages):
            raise PlacementOutsidePage(page=placement.page, width=0, height=0)
        page = self._pdf.pages[placement.page - 1].obj
        visible = VisiblePage.of(page)
        place = visible.rectangle(placement, placement.size_of(artwork))
        number = self._store(
            b"<</Type/Annot/Subtype/Widget%b/Rect[%b]/F %d/P %b/MK<</R %d>>/AP<</N %d 0 R>>>>"
            % (
                entries,
                _numbers(place),
                PRINT_AND_LOCKED,
                reference(page),
                visible.rotation,
                self._appearance(artwork, visible.rotation),
            )
        )
        self._fields.append(number)
        self._widgets.setdefault(placement.page - 1, []).append(number)

    def _appearance(self, artwork: SealArtwork, rotation: int) -> int:
        """The artwork as a form, turned against the page's rotation; shared by all its placements."""
        key = (artwork.operators, rotation)
        if key not in self._appearances:
            entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %.3f %.3f]/Matrix[%b 0 0]/Resources<<>>/Filter/FlateDecode"
            turned = b" ".join(b"%d" % value for value in TURNS[rotation])
            packed = zlib.compress(artwork.operators, 9)
            form = stream(packed, entries % (artwork.width, artwork.height, turned))
            self._appearances[key] = self._store(form)
        return self._appearances[key]

    def _store(self, content: bytes) -> int:
        number = self._file.new_number()
        self._objects[number] = content
        return number


def _numbers(rectangle: Rectangle) -> bytes:
    return b" ".join(b"%.3f" % edge for edge in rectangle)


def signature_fields(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """The signature fields of a base by name, in signing order."""
    return {str(field.T): field for field in pdf.Root.AcroForm.Fields if field.FT == "/Sig"}
