"""Evidence deposited for a completed contract (存证, S): a manifest anyone can check against the file."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from models.database import moment


class Evidence(SQLModel, table=True):
    """One entry per contract: the manifest, its SHA-256, and an RFC 3161 token over it."""

    __tablename__ = "evidence"

    number: str = Field(primary_key=True)
    """统一证据编号 (S04)"""
    contract_id: str = Field(unique=True)
    document_sha256: str
    manifest: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    manifest_sha256: str
    timestamp_token: bytes
    deposited_at: datetime = Field(sa_type=moment())


class EvidenceView(BaseModel):
    number: str
    document_sha256: str
    manifest: dict[str, Any]
    manifest_sha256: str
    timestamp_token: str
    """Base64 DER, RFC 3161 TimeStampToken over ``manifest_sha256``."""
    deposited_at: datetime


class EvidenceCheck(BaseModel):
    """S04: the number and what to compare: the file's SHA-256, or the manifest text itself."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, StringConstraints(pattern=r"^evd_[0-9a-f]{32}$")]
    kind: Literal["file", "text"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class EvidenceCheckResult(BaseModel):
    """S05"""

    matches: bool
    words: str
    deposited_at: datetime
