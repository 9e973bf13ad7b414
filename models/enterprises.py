"""Enterprises that exist on the platform, who claims a code, and who administers."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.database import moment
from models.ids import new_id


class UsccClaim(SQLModel, table=True):
    """One licence, one verification (E01): at most one claim of a code is open at a time."""

    __tablename__ = "uscc_claim"
    __table_args__ = (Index("one_open_claim", "uscc", unique=True, postgresql_where=text("released_at IS NULL")),)

    process_id: str = Field(primary_key=True)
    uscc: str
    account_id: str
    claimed_at: datetime = Field(sa_type=moment())
    released_at: datetime | None = Field(default=None, sa_type=moment())


class Enterprise(SQLModel, table=True):
    """A verified enterprise."""

    __tablename__ = "enterprise"

    id: str = Field(primary_key=True)
    process_id: str = Field(unique=True)
    """The verification that made it."""
    uscc: str = Field(unique=True)
    name: str
    kind: str
    personal: bytes
    """Sealed ``LegalRepresentative``."""
    certificate_serial: str
    verified_at: datetime = Field(sa_type=moment())


class LegalRepresentative(BaseModel):
    """The person behind ``Enterprise.personal``."""

    name: str
    resident_id: str


class Member(SQLModel, table=True):
    """An account's place in an enterprise (B08: one main administrator at every instant)."""

    __tablename__ = "member"
    __table_args__ = (
        Index(
            "one_main_administrator",
            "enterprise_id",
            unique=True,
            postgresql_where=text("role = 'main_administrator' AND ended_at IS NULL"),
        ),
        Index("member_account", "account_id"),
    )

    id: str = Field(default_factory=lambda: new_id("mem"), primary_key=True)
    enterprise_id: str = Field(foreign_key="enterprise.id")
    account_id: str
    role: str
    started_at: datetime = Field(sa_type=moment())
    ended_at: datetime | None = Field(default=None, sa_type=moment())
