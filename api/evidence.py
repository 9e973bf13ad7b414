"""Evidence of completed contracts (S01–S05): look at an entry, compare a file or the manifest with it."""

import base64
import hashlib

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import CurrentAccount, CurrentReader, Language, Transaction
from api.idempotency import TransactionRoute
from api.views import process_seen_by
from models.errors import ResourceNotFound
from models.evidence import Evidence, EvidenceCheck, EvidenceCheckResult, EvidenceView
from models.wording import WORDS

router = APIRouter(route_class=TransactionRoute, tags=["evidence"])


@router.get("/v1/evidence/{number}")
async def get_evidence(number: str, reader: CurrentReader) -> EvidenceView:
    """For those who see the contract."""
    evidence = await existing(reader.session, number)
    await process_seen_by(reader, evidence.contract_id, "contract_signing")
    return EvidenceView(
        number=evidence.number,
        document_sha256=evidence.document_sha256,
        manifest=evidence.manifest,
        manifest_sha256=evidence.manifest_sha256,
        timestamp_token=base64.b64encode(evidence.timestamp_token).decode(),
        deposited_at=evidence.deposited_at,
    )


@router.post("/v1/evidence-checks")
async def check_evidence(
    request: EvidenceCheck, _account: CurrentAccount, transaction: Transaction, language: Language
) -> EvidenceCheckResult:
    """For anyone who holds the number (S04); ``content`` is the file's SHA-256, or the manifest's text."""
    evidence = await existing(transaction, request.number)
    if request.kind == "file":
        matches = request.content.lower() == evidence.document_sha256
    else:
        matches = hashlib.sha256(request.content.encode()).hexdigest() == evidence.manifest_sha256
    words = WORDS["evidence_matches" if matches else "evidence_differs"]
    return EvidenceCheckResult(
        matches=matches, words=words.in_language(language, {}), deposited_at=evidence.deposited_at
    )


async def existing(session: AsyncSession, number: str) -> Evidence:
    evidence = await session.get(Evidence, number)
    if evidence is None:
        raise ResourceNotFound
    return evidence
