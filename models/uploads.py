"""Files people upload: one row each, the bytes in the object store under ``storage_key``."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from models.database import moment
from models.errors import ResourceNotFound, UploadOfOtherKind
from models.limits import UPLOADS, UploadLimit

UploadKind = Literal["licence", "id_portrait", "id_emblem", "contract_document"]


class Upload(SQLModel, table=True):
    """``width`` and ``height`` in pixels of a photograph, ``pages`` of a document; ``erased_at``: bytes gone (W04)."""

    __tablename__ = "upload"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    kind: str
    sha256: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    storage_key: str
    created_at: datetime = Field(sa_type=moment())
    erased_at: datetime | None = Field(default=None, sa_type=moment())


class UploadView(BaseModel):
    id: str
    kind: UploadKind
    sha256: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    pages: int | None
    created_at: datetime


def limit_of(kind: UploadKind) -> UploadLimit:
    """Z2: the limit belongs to the document kind of a process."""
    return next(limit for (_, of), limit in UPLOADS.items() if of == kind)


async def owned(session: AsyncSession, account_id: str, upload_id: str, kind: UploadKind) -> Upload:
    """The account's own upload. Raises ResourceNotFound (another's, or erased) and UploadOfOtherKind."""
    upload = await session.get(Upload, upload_id)
    if upload is None or upload.account_id != account_id or upload.erased_at is not None:
        raise ResourceNotFound
    if upload.kind != kind:
        raise UploadOfOtherKind(expected=kind)
    return upload
