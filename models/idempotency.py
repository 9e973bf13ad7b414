"""What an ``Idempotency-Key`` was used for and answered."""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

from models.database import moment


class IdempotencyRecord(SQLModel, table=True):
    """Committed before the work, so that a retry after a crash makes the same ids; ``answer`` follows with it."""

    __tablename__ = "idempotency_record"

    id: str = Field(primary_key=True)
    """Digest of account, method, path and key."""
    fingerprint: str
    """Keyed digest of the content."""
    number: str
    """UUID part of every id that the work makes."""
    answer: bytes | None = None
    """Sealed ``Answer``; only of a success."""
    created_at: datetime = Field(sa_type=moment(), index=True)


class Answer(BaseModel):
    status: int
    headers: dict[str, str]
    body: str
