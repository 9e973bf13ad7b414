"""Judge any PDF: signature by signature, in plain words (S06)."""

from typing import Any

from fastapi import APIRouter, UploadFile

from api.dependencies import CurrentAccount, Engine, Language, Reserved, Store
from api.idempotency import TransactionRoute
from models.errors import FileEmpty, FileTooLarge
from models.limits import MEBIBYTE, UPLOADS
from models.validation import ValidationReport
from models.wording import WORDS
from workflows.client import validate

router = APIRouter(route_class=TransactionRoute, tags=["validation"])


@router.post("/v1/validations")
async def validate_document(
    file: UploadFile, _account: CurrentAccount, engine: Engine, store: Store, reserved: Reserved, language: Language
) -> dict[str, Any]:
    """The verdict on the whole file and on each signature; ``words`` say each reason in the reader's language."""
    limit = UPLOADS["validation", "signed_document"].size
    if not file.size:
        raise FileEmpty
    if file.size > limit:
        raise FileTooLarge(limit_mb=limit // MEBIBYTE)
    validation_id = reserved("val")
    key = await store.put(validation_id, await file.read())
    try:
        report = await validate(engine, validation_id, key)
    finally:
        await store.delete(key)
    return worded(report, language)


def worded(report: ValidationReport, language: Language) -> dict[str, Any]:
    parts = [part.reasons for part in report.signatures] + [part.reasons for part in report.timestamps]
    codes = {*report.reasons}.union(*parts)
    words = {code: WORDS[code].in_language(language, {}) for code in sorted(codes)}
    return report.model_dump(mode="json") | {"words": words}
