"""Every way of changing a signed contract (notes on signature attacks) ends in a refusal; readers of PDF pass some."""

import io
import random
import re
from collections.abc import Callable

import pikepdf
import pytest

from activities.pdf.revisions import GrowingFile, SignatureDictionary, reference, stream, with_entries
from activities.pdf.validation import validate
from models.validation import Changes, Level, ValidationReport, Verdict
from models.wording import WORDS
from tests.activities.pdf.pki import TestPki

FLIPS = 12
BATCHES = 20
Objects = dict[int, bytes]


def all_reasons(report: ValidationReport) -> set[str]:
    found = set(report.reasons)
    for part in [*report.signatures, *report.timestamps]:
        found |= set(part.reasons)
    return found


def refused(data: bytes, pki: TestPki) -> set[str]:
    """The reasons, in known words, why a changed file is not valid."""
    report = validate(data, pki.roots)
    assert report.verdict in (Verdict.INVALID, Verdict.UNREADABLE)
    assert report.level is None
    reasons = all_reasons(report)
    assert reasons
    assert reasons <= WORDS.keys()
    return reasons


def contents_places(data: bytes) -> list[tuple[int, int]]:
    """Where each signature's hexadecimal lies, brackets excluded."""
    ranges = [found[1].split() for found in re.finditer(rb"/ByteRange \[([\d ]+)\]", data)]
    return [(int(gap) + 1, int(after) - 1) for _, gap, after, _ in ranges]


def appended(data: bytes, change: Callable[[pikepdf.Pdf, GrowingFile], Objects]) -> bytes:
    """One more revision, as an attacker would write it."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        file = GrowingFile(data, pdf.trailer)
        file.append(change(pdf, file))
        return file.getvalue()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_flipped_bit_anywhere_is_noticed(contract: bytes, pki: TestPki, batch: int) -> None:
    chance = random.Random(batch)
    for _ in range(FLIPS):
        changed = bytearray(contract)
        place = chance.randrange(len(contract))
        changed[place] ^= 1 << chance.randrange(8)
        refused(bytes(changed), pki)


@pytest.mark.parametrize("batch", range(4))
def test_a_changed_byte_in_what_the_last_signature_does_not_cover_is_noticed(
    contract: bytes, pki: TestPki, batch: int
) -> None:
    start, end = contents_places(contract)[-1]
    used = 8 + 2 * int(contract[start + 4 : start + 8], 16)
    chance = random.Random(batch)
    for place in [*(start + chance.randrange(used) for _ in range(10)), chance.randrange(start + used, end)]:
        value = contract[place]
        other = chance.choice([digit for digit in b"0123456789abcdefABCDEF" if digit != value])
        refused(contract[:place] + bytes([other]) + contract[place + 1 :], pki)


@pytest.mark.parametrize("junk", [b"\n", b"\0", b"junk", b"1 0 obj\n<<>>\nendobj\n"])
def test_bytes_after_the_end_are_refused(contract: bytes, pki: TestPki, junk: bytes) -> None:
    report = validate(contract + junk, pki.roots)
    assert report.verdict is Verdict.INVALID
    assert "bytes_after_end" in report.reasons
    assert not any(signature.covers_whole_file for signature in report.signatures)


def test_bytes_before_the_beginning_are_refused(contract: bytes, pki: TestPki) -> None:
    refused(b"\n" + contract, pki)


def test_a_contract_cut_back_before_its_timestamp_has_its_lower_level_and_says_so(
    contract: bytes, pki: TestPki
) -> None:
    end = [found.end() for found in re.finditer(rb"%%EOF\n", contract)][-2]
    report = validate(contract[:end], pki.roots)
    assert report.verdict is Verdict.VALID
    assert report.level is Level.T
    assert report.reasons == ["rolled_back"]


def test_a_contract_cut_back_before_a_partys_signature_is_refused_though_the_seal_is_shown(
    contract: bytes, pki: TestPki
) -> None:
    end = [found.end() for found in re.finditer(rb"%%EOF\n", contract)][-3]
    report = validate(contract[:end], pki.roots)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].verdict is Verdict.VALID
    assert report.reasons == ["mark_without_signature", "rolled_back"]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_torn_file_is_refused(contract: bytes, pki: TestPki, share: float) -> None:
    refused(contract[: int(len(contract) * share)], pki)


def replaced_content(pdf: pikepdf.Pdf, file: GrowingFile) -> Objects:
    number = file.new_number()
    page = pdf.pages[0].obj
    del page["/Contents"]
    page_object = with_entries(page.unparse(resolved=True), b"/Contents %d 0 R" % number)
    return {number: stream(b"BT /F1 12 Tf 72 700 Td (another price) Tj ET"), page.objgen[0]: page_object}


def changed_content_stream(pdf: pikepdf.Pdf, _: GrowingFile) -> Objects:
    return {pdf.pages[0].obj.Contents.objgen[0]: stream(b"BT /F1 12 Tf 72 700 Td (another price) Tj ET")}


def overlay(pdf: pikepdf.Pdf, file: GrowingFile) -> Objects:
    """White paint over the text, as an annotation."""
    page, paint, note = pdf.pages[0].obj, file.new_number(), file.new_number()
    kept = b" ".join(mark.unparse() for mark in page.Annots)
    del page["/Annots"]
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 300 50]"
    return {
        paint: stream(b"1 g 0 0 300 50 re f", entries),
        note: b"<</Type/Annot/Subtype/Stamp/Rect[60 740 360 790]/F 4/AP<</N %d 0 R>>>>" % paint,
        page.objgen[0]: with_entries(page.unparse(resolved=True), b"/Annots[%b %d 0 R]" % (kept, note)),
    }


def swapped_seal(pdf: pikepdf.Pdf, _: GrowingFile) -> Objects:
    seals = pdf.Root.AcroForm.Fields[0].AP.N
    return {seals.objgen[0]: stream(b"0 0 1 rg 0 0 99 99 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 99 99]")}


def moved_seal(pdf: pikepdf.Pdf, _: GrowingFile) -> Objects:
    button = pdf.Root.AcroForm.Fields[1]
    button.Rect = pikepdf.Array([300, 600, 400, 700])
    return {button.objgen[0]: button.unparse(resolved=True)}


def refilled_button(pdf: pikepdf.Pdf, file: GrowingFile) -> Objects:
    button, number = pdf.Root.AcroForm.Fields[1], file.new_number()
    del button["/AP"]
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 99 99]"
    filled = with_entries(button.unparse(resolved=True), b"/AP<</N %d 0 R>>" % number)
    return {number: stream(b"0 0 1 rg 0 0 99 99 re f", entries), button.objgen[0]: filled}


def emptied_signature(pdf: pikepdf.Pdf, _: GrowingFile) -> Objects:
    field = pdf.Root.AcroForm.Fields[2]
    del field["/V"]
    return {field.objgen[0]: field.unparse(resolved=True)}


def added_page(pdf: pikepdf.Pdf, file: GrowingFile) -> Objects:
    pages, number = pdf.Root.Pages, file.new_number()
    kids = b" ".join(reference(kid) for kid in pages.Kids)
    page = b"<</Type/Page/Parent %b/MediaBox[0 0 595 842]/Resources<<>>>>" % reference(pages)
    return {
        number: page,
        pages.objgen[0]: b"<</Type/Pages/Count 2/Kids[%b %d 0 R]>>" % (kids, number),
    }


def script(pdf: pikepdf.Pdf, _: GrowingFile) -> Objects:
    root = with_entries(pdf.Root.unparse(resolved=True), b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
    return {pdf.Root.objgen[0]: root}


ATTACKS = [
    replaced_content,
    changed_content_stream,
    overlay,
    swapped_seal,
    moved_seal,
    refilled_button,
    emptied_signature,
    added_page,
    script,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_later_revision_changes_is_refused(
    contract: bytes, pki: TestPki, attack: Callable[[pikepdf.Pdf, GrowingFile], Objects]
) -> None:
    changed = appended(contract, attack)
    assert changed.startswith(contract)
    assert "bytes_after_end" in refused(changed, pki)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_revision_between_the_signatures_changes_is_refused(
    contract: bytes, pki: TestPki, attack: Callable[[pikepdf.Pdf, GrowingFile], Objects]
) -> None:
    """The same before a timestamp that then covers the file to its end."""
    end = [found.end() for found in re.finditer(rb"%%EOF\n", contract)][-2]
    changed = stamped(appended(contract[:end], attack), pki)
    report = validate(changed, pki.roots)
    assert report.verdict is Verdict.INVALID
    assert report.timestamps[0].verdict is Verdict.VALID
    told = {reason for signature in report.signatures for reason in signature.reasons} | set(report.reasons)
    expected = "mark_without_signature" if attack is emptied_signature else "changed_after_signing"
    assert expected in told


def test_the_same_timestamp_without_an_attack_is_fine(contract: bytes, pki: TestPki) -> None:
    end = [found.end() for found in re.finditer(rb"%%EOF\n", contract)][-2]
    report = validate(stamped(contract[:end], pki), pki.roots)
    assert report.verdict is Verdict.VALID
    assert all(signature.changes is Changes.SIGNATURES for signature in report.signatures)


def stamped(data: bytes, pki: TestPki) -> bytes:
    """``data`` with its waiting document timestamp, and no proof store."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        file = GrowingFile(data, pdf.trailer)
        field = pdf.Root.AcroForm.Fields[-1]
        number = file.new_number()
        filled = with_entries(field.unparse(resolved=True), b"/V %d 0 R" % number)
        entries = b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
        dictionary = SignatureDictionary(number, entries, 4096)
        file.append_signed({field.objgen[0]: filled}, dictionary, pki.timestamp)
        return file.getvalue()


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("byte_range", [b"0 0 0 0", b"0 10 20 30", b"-1 2 3 4", b"1 2 3", b"(x) 2 3 4"])
def test_another_byte_range_is_refused(contract: bytes, pki: TestPki, number: int, byte_range: bytes) -> None:
    ranges = list(re.finditer(rb"/ByteRange \[([\d ]+)\]", contract))
    start, end = ranges[number].span(1)
    refused(contract[:start] + byte_range.ljust(end - start) + contract[end:], pki)


def test_signature_wrapping_is_refused(contract: bytes, pki: TestPki) -> None:
    """The signed bytes stay, Contents move to the end, and new objects stand in the gap (SWA)."""
    gap, after = contents_places(contract)[-1]
    hidden = b"99 0 obj\n<</Evil true>>\nendobj\n"
    wrapped = contract[: gap - 1] + b"<" + contract[gap:after] + b">" + hidden + contract[after + 1 :]
    refused(wrapped, pki)


@pytest.mark.parametrize("text", [b"Contract, page 1", b"Contract, page 9"])
def test_a_rewritten_file_is_refused_with_and_without_another_content(
    contract: bytes, pki: TestPki, text: bytes
) -> None:
    with pikepdf.open(io.BytesIO(contract)) as pdf:
        page = pdf.pages[0].Contents
        assert b"Contract, page 1" in page.read_bytes()
        page.write(page.read_bytes().replace(b"Contract, page 1", text))
        out = io.BytesIO()
        pdf.save(out)
    refused(out.getvalue(), pki)
