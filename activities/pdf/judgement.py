"""The judgement of one signature or timestamp in a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms, x509
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureStatus, TimestampSignatureStatus
from pyhanko_certvalidator.context import ValidationContext

from activities.pdf.strictness import cms_faults, contents_faults
from activities.pdf.trust import Trust, trust_reason
from models.certificates import serial_text
from models.validation import Changes, Level, SignatureVerdict, TimestampVerdict, Verdict

SIGNATURES_ONLY = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),  # type: ignore[no-untyped-call]
        *(
            rule.as_qualified(ModificationLevel.LTA_UPDATES)
            for rule in (
                DocInfoRule(),
                XrefStreamRule(),
                ObjectStreamRule(),
                DSSCompareRule(),
                MetadataUpdateRule(),  # type: ignore[no-untyped-call]
            )
        ),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]  # type: ignore[no-untyped-call]
    ),
)
"""pyHanko's policy without filling of other fields."""

MALFORMED = (SignatureValidationError, CMSExtractionError, PdfReadError, ValueError, TypeError, KeyError)


@dataclass(frozen=True)
class Evidence:
    """The file under validation; ``covered`` tells whether a signature reaches to its end."""

    data: bytes
    covered: bool
    reader: PdfFileReader
    trust: Trust
    roots: list[bytes]


Covering = tuple[EmbeddedPdfSignature, TimestampVerdict]


async def judge_timestamp(evidence: Evidence, stamp: EmbeddedPdfSignature, until: datetime) -> TimestampVerdict:
    """A document timestamp; its certificate's path must hold at its own time and ``until``."""
    verdict = TimestampVerdict(field=stamp.field_name)
    try:
        verdict.reasons += _form_faults(evidence, stamp)
        changes = _changes(stamp)
        status, _ = await _judge_token(evidence.trust, stamp.signed_data, stamp.compute_digest, until)
    except MALFORMED:
        verdict.reasons.append("signature_malformed")
        return verdict
    verdict.authority = _name(stamp.signer_cert.subject)
    verdict.stamped_at = status.timestamp
    verdict.intact, verdict.trusted = status.intact and status.valid, status.trusted
    verdict.covers_whole_file = evidence.covered and changes is not Changes.OTHER
    verdict.reasons += _reasons(status, changes)
    verdict.verdict = Verdict.INVALID if verdict.reasons else Verdict.VALID
    return verdict


async def judge_signature(
    evidence: Evidence, signature: EmbeddedPdfSignature, covering: Covering | None
) -> SignatureVerdict:
    """A party's signature; ``covering`` is the first valid document timestamp after it."""
    verdict = SignatureVerdict(field=signature.field_name)
    try:
        _describe(verdict, signature)
        verdict.reasons += _form_faults(evidence, signature)
        verdict.changes = _changes(signature)
        await _judge_crypto(evidence, signature, covering, verdict)
    except MALFORMED:
        verdict.reasons.append("signature_malformed")
    verdict.covers_whole_file = evidence.covered and verdict.changes is not Changes.OTHER
    verdict.verdict = Verdict.INVALID if verdict.reasons else Verdict.VALID
    return verdict


async def _judge_crypto(
    evidence: Evidence, signature: EmbeddedPdfSignature, covering: Covering | None, verdict: SignatureVerdict
) -> None:
    until = covering[1].stamped_at if covering and covering[1].stamped_at else datetime.now(UTC)
    token = next(generic_cms.extract_tst_data_iter(signature.signer_info, signed=False), None)
    stamped = None
    if token is not None:
        imprint = generic_cms.message_imprint_checker(signature.signer_info)
        status, _ = await _judge_token(evidence.trust, token, imprint, until)
        if _reasons(status, Changes.NONE):
            verdict.reasons.append("timestamp_invalid")
        else:
            stamped = status.timestamp
            verdict.signed_at = stamped

    async def check(context: ValidationContext) -> PdfSignatureStatus:
        return await _check_signer(signature, context)

    signer, proved = await evidence.trust.judge(stamped or until, check)
    verdict.intact, verdict.trusted = signer.intact and signer.valid, signer.trusted
    verdict.reasons += _reasons(signer, verdict.changes)
    if verdict.intact and verdict.trusted:
        verdict.level = _level(evidence.reader, stamped is not None, proved, covering)


def _level(reader: PdfFileReader, stamped: bool, proved: bool, covering: Covering | None) -> Level:
    if not stamped:
        return Level.B
    if not proved:
        return Level.T
    if covering is None or not _has_proof(reader, covering[0].signed_revision):
        return Level.LT
    return Level.LTA


def _has_proof(reader: PdfFileReader, revision: int) -> bool:
    """Whether the file as of ``revision`` carries a document security store."""
    try:
        DocumentSecurityStore.read_dss(reader.get_historical_resolver(revision))
    except NoDSSFoundError:
        return False
    return True


async def _check_signer(signature: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus:
    facts = await generic_cms.cms_basic_validation(
        signature.signed_data,
        raw_digest=signature.compute_digest(),
        validation_context=context,
        status_kwargs=signature.summarise_integrity_info(),
        key_usage_settings=PdfSignatureStatus.default_usage_constraints(KeyUsageConstraints()),
    )
    return PdfSignatureStatus(**facts)


async def _judge_token(
    trust: Trust, token: cms.SignedData, imprint: Callable[[str], bytes], until: datetime
) -> tuple[TimestampSignatureStatus, bool]:
    """A timestamp token as of its own time; if trusted then, as of ``until`` too."""

    async def check(context: ValidationContext) -> TimestampSignatureStatus:
        facts = await generic_cms.validate_tst_signed_data(token, context, imprint)
        return TimestampSignatureStatus(**facts)

    stamped_at = token["encap_content_info"]["content"].parsed["gen_time"].native
    status, proved = await trust.judge(stamped_at, check)
    if status.trusted:
        status = await check(trust.without_proof(max(until, stamped_at)))
    return status, proved


def _form_faults(evidence: Evidence, signature: EmbeddedPdfSignature) -> list[str]:
    byte_range = [int(edge) for edge in signature.byte_range]
    return [
        *contents_faults(evidence.data, byte_range, signature.pkcs7_content),
        *cms_faults(signature.signed_data, evidence.roots),
    ]


def _changes(signature: EmbeddedPdfSignature) -> Changes:
    signature.compute_integrity_info(diff_policy=SIGNATURES_ONLY)  # type: ignore[no-untyped-call]
    found = signature.summarise_integrity_info()
    if not isinstance(found["diff_result"], DiffResult) or found["docmdp_ok"] is False:
        return Changes.OTHER
    if found["diff_result"].modification_level == ModificationLevel.NONE:
        return Changes.NONE
    return Changes.SIGNATURES


def _reasons(status: SignatureStatus, changes: Changes) -> list[str]:
    reasons = []
    if not status.intact:
        reasons.append("digest_differs")
    if not status.valid:
        reasons.append("signature_wrong")
    if not status.trusted:
        reasons.append(trust_reason(status))
    if changes is Changes.OTHER:
        reasons.append("changed_after_signing")
    return reasons


def _describe(verdict: SignatureVerdict, signature: EmbeddedPdfSignature) -> None:
    certificate = signature.signer_cert
    verdict.signer = _name(certificate.subject)
    verdict.issuer = _name(certificate.issuer)
    verdict.serial = serial_text(certificate.serial_number)
    verdict.signed_at = signature.self_reported_timestamp
    reason = signature.sig_object.get("/Reason")
    verdict.reason = None if reason is None else str(reason)


def _name(name: x509.Name) -> str:
    """The common name, or all of it."""
    for part in name.chosen:
        for pair in part:
            if pair["type"].native == "common_name":
                return str(pair["value"].native)
    return str(name.human_friendly)
