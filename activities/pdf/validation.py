"""What the signatures of any PDF prove, given the roots to believe. Untrusted bytes: call by ``run_confined``.

Stricter than the libraries (notes in ``strictness``): after a signature only further signatures, timestamps and their
proof may come, and the last of them must cover the file to its end. Certificates are judged as of the proved time of
signing; a timestamp's own certificate must last until the next timestamp over it, the outermost one's until now.
"""

import asyncio
import hashlib
import io
import logging
from datetime import UTC, datetime

from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from activities.pdf.base import TIMESTAMP_FIELD
from activities.pdf.judgement import Evidence, judge_signature, judge_timestamp
from activities.pdf.trust import Trust
from models.validation import Level, TimestampVerdict, ValidationReport, Verdict

HEADER_WITHIN = 1024
LEVELS = list(Level)

for library in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(library).setLevel(logging.CRITICAL)  # they log subjects of certificates, which name people


def validate(data: bytes, trust_roots: list[bytes]) -> ValidationReport:
    """Never raises for a bad file. ``trust_roots`` are DER certificates."""
    digest = hashlib.sha256(data).hexdigest()
    if b"%PDF-" not in data[:HEADER_WITHIN]:
        return ValidationReport(verdict=Verdict.UNREADABLE, document_sha256=digest, reasons=["not_a_pdf"])
    try:
        reader = PdfFileReader(io.BytesIO(data))
        if reader.encrypted:
            return ValidationReport(verdict=Verdict.UNREADABLE, document_sha256=digest, reasons=["encrypted"])
        return asyncio.run(_report(data, digest, reader, trust_roots))
    except Exception:  # the parsers raise whatever hostile bytes lead them to
        return ValidationReport(verdict=Verdict.UNREADABLE, document_sha256=digest, reasons=["unreadable"])


async def _report(data: bytes, digest: str, reader: PdfFileReader, roots: list[bytes]) -> ValidationReport:
    embedded: list[EmbeddedPdfSignature] = reader.embedded_signatures
    reasons = _document_faults(data, reader, embedded)
    if not embedded:
        verdict = Verdict.INVALID if reasons else Verdict.UNSIGNED
        return ValidationReport(verdict=verdict, document_sha256=digest, reasons=reasons)
    evidence = Evidence(data, "bytes_after_end" not in reasons, reader, Trust.of(roots, reader), roots)
    timestamps = await _timestamps(evidence, embedded)
    signatures = [
        await judge_signature(evidence, signature, _next_valid(timestamps, signature))
        for signature in embedded
        if signature.sig_object_type == "/Sig"
    ]
    verdicts = [verdict for _, verdict in timestamps]
    sound = {judged.verdict for judged in signatures} | {judged.verdict for judged in verdicts} == {Verdict.VALID}
    refused = not sound or bool(set(reasons) - {"rolled_back"})
    levels = [signature.level for signature in signatures if signature.level is not None]
    return ValidationReport(
        verdict=Verdict.INVALID if refused else Verdict.VALID if signatures else Verdict.UNSIGNED,
        level=min(levels, key=LEVELS.index) if levels and not refused else None,
        document_sha256=digest,
        signatures=signatures,
        timestamps=verdicts,
        reasons=reasons,
    )


def _document_faults(data: bytes, reader: PdfFileReader, embedded: list[EmbeddedPdfSignature]) -> list[str]:
    faults = []
    if embedded and max(_end(signature) for signature in embedded) != len(data):
        faults.append("bytes_after_end")
    if len(list(enumerate_sig_fields(reader, filled_status=True))) != len(embedded):
        faults.append("signature_kind_unknown")
    waiting = list(enumerate_sig_fields(reader, filled_status=False))
    if any("/AP" in field.get_object() for _, _, field in waiting):
        faults.append("mark_without_signature")
    if any(name == TIMESTAMP_FIELD for name, _, _ in waiting):
        faults.append("rolled_back")
    return faults


def _end(signature: EmbeddedPdfSignature) -> int:
    try:
        _, _, start, length = signature.byte_range
        return int(start) + int(length)
    except (ValueError, TypeError) as error:
        raise PdfReadError("ByteRange") from error


Stamped = tuple[EmbeddedPdfSignature, TimestampVerdict]


async def _timestamps(evidence: Evidence, embedded: list[EmbeddedPdfSignature]) -> list[Stamped]:
    """From the last, which must hold now, to the first; returned in the file's order."""
    until = datetime.now(UTC)
    judged: list[Stamped] = []
    for stamp in reversed([one for one in embedded if one.sig_object_type == "/DocTimeStamp"]):
        verdict = await judge_timestamp(evidence, stamp, until)
        judged.insert(0, (stamp, verdict))
        if verdict.verdict is Verdict.VALID and verdict.stamped_at is not None:
            until = verdict.stamped_at
    return judged


def _next_valid(timestamps: list[Stamped], signature: EmbeddedPdfSignature) -> Stamped | None:
    """The first valid document timestamp over a signature."""
    after = (
        (stamp, verdict)
        for stamp, verdict in timestamps
        if stamp.signed_revision > signature.signed_revision and verdict.verdict is Verdict.VALID
    )
    return next(after, None)
