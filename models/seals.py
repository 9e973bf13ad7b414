"""Electronic seals (电子印章, N): a governed object with versions; the artwork lies in the object store."""

from datetime import datetime

from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.database import moment


class Seal(SQLModel, table=True):
    """A seal of an enterprise; each use records the version used (N08)."""

    __tablename__ = "seal"

    id: str = Field(primary_key=True)
    enterprise_id: str = Field(foreign_key="enterprise.id", index=True)
    kind: str
    name: str
    status: str
    version: int
    created_at: datetime = Field(sa_type=moment())


class SealVersion(SQLModel, table=True):
    """One drawing of a seal (``activities.seals`` artwork as JSON under ``storage_key``)."""

    __tablename__ = "seal_version"

    seal_id: str = Field(primary_key=True, foreign_key="seal.id")
    version: int = Field(primary_key=True)
    storage_key: str
    sha256: str
    created_at: datetime = Field(sa_type=moment())


DEFAULT_SEAL_NAME = "电子公章"
"""L09: the one seal every verified enterprise has."""


async def default_seal(session: AsyncSession, enterprise_id: str) -> Seal | None:
    """The enterprise's enabled 电子公章; None when there is none to use (M03)."""
    found = await session.exec(
        select(Seal).where(
            Seal.enterprise_id == enterprise_id, Seal.status == "enabled", Seal.name == DEFAULT_SEAL_NAME
        )
    )
    return found.first()
