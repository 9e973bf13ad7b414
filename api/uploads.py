"""Files for the processes: judged here, kept in the object store, seen by their owner only."""

import asyncio
import hashlib
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, UploadFile
from starlette.concurrency import run_in_threadpool

from activities.confined import ConfinementFailed, run_confined
from activities.pdf.normalise import normalise
from activities.photos import inspect_photo
from api.dependencies import CurrentAccount, Reserved, Store, Transaction
from api.idempotency import TransactionRoute
from models.database import utc_now
from models.errors import FileEmpty, FileTooLarge, FileTypeNotAccepted, FileUnreadable, ResourceNotFound
from models.limits import MEBIBYTE
from models.uploads import Upload, UploadKind, UploadView, limit_of

router = APIRouter(route_class=TransactionRoute, tags=["uploads"])

INSPECTION_SECONDS = 10
INSPECTIONS_AT_ONCE = asyncio.Semaphore(2)
PDF_MAGIC_WITHIN = 1024


@router.post("/v1/uploads", status_code=201)
async def upload_file(
    file: UploadFile,
    kind: Annotated[UploadKind, Form()],
    account: CurrentAccount,
    transaction: Transaction,
    store: Store,
    reserved: Reserved,
) -> UploadView:
    data = await bounded(file, kind)
    facts = await inspected(data, kind)
    upload_id = reserved("upl")
    upload = Upload(
        id=upload_id,
        account_id=account.id,
        kind=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=facts.media_type,
        size=len(data),
        width=facts.width,
        height=facts.height,
        pages=facts.pages,
        storage_key=await store.put(upload_id, data),
        created_at=utc_now(),
    )
    transaction.add(upload)
    return UploadView.model_validate(upload, from_attributes=True)


@router.get("/v1/uploads/{upload_id}")
async def get_upload(upload_id: str, account: CurrentAccount, transaction: Transaction) -> UploadView:
    upload = await transaction.get(Upload, upload_id)
    if upload is None or upload.account_id != account.id or upload.erased_at is not None:
        raise ResourceNotFound
    return UploadView.model_validate(upload, from_attributes=True)


async def bounded(file: UploadFile, kind: UploadKind) -> bytes:
    """Raises FileEmpty and FileTooLarge before anything is decoded."""
    limit = limit_of(kind).size
    if not file.size:
        raise FileEmpty
    if file.size > limit:
        raise FileTooLarge(limit_mb=limit // MEBIBYTE)
    return await file.read()


class Facts(NamedTuple):
    """What a file turned out to be: pixels of a photograph, pages of a document."""

    media_type: str
    width: int | None = None
    height: int | None = None
    pages: int | None = None


async def inspected(data: bytes, kind: UploadKind) -> Facts:
    """Told at once, not when the process begins. Raises FileTypeNotAccepted, FileUnreadable, Image…, Document…."""
    is_document = limit_of(kind).formats == ("pdf",)
    if is_document and b"%PDF-" not in data[:PDF_MAGIC_WITHIN]:
        raise FileTypeNotAccepted(formats="PDF")
    judge = document_facts if is_document else photo_facts
    async with INSPECTIONS_AT_ONCE:
        try:
            return await run_in_threadpool(run_confined, judge, data, seconds=INSPECTION_SECONDS)
        except ConfinementFailed as error:
            raise FileUnreadable from error


def photo_facts(data: bytes) -> Facts:
    photo = inspect_photo(data)
    return Facts(photo.media_type, width=photo.width, height=photo.height)


def document_facts(data: bytes) -> Facts:
    return Facts("application/pdf", pages=len(normalise(data).pages))
