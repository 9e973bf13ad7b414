"""Keys and certificates the platform's own authority keeps, and what it hands out."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, Index, Sequence, text
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from models.database import moment

TIMESTAMP_SERIAL = Sequence("timestamp_serial", metadata=SQLModel.metadata)
"""Serial numbers of timestamp tokens: one row of numbers for every server, never used twice (RFC 3161 §2.4.2)."""


class CertificateKind(StrEnum):
    ROOT = "root"
    ISSUING = "issuing"
    OCSP = "ocsp"
    TIMESTAMP = "timestamp"
    ENTERPRISE = "enterprise"
    PERSON = "person"


class CertificateState(StrEnum):
    """``planned`` means the serial is taken and nothing signed has left the authority."""

    PLANNED = "planned"
    ISSUED = "issued"
    REVOKED = "revoked"


RevocationReason = Literal[
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
    "aACompromise",
]
"""RFC 5280 §5.3.1, without the two (hold, removal from hold) that would undo a revocation."""


class SigningKey(SQLModel, table=True):
    """A private key; ``sealed`` is its PKCS #8 form under the keyring's ``signing-keys``, placed by ``id``."""

    __tablename__ = "signing_key"

    id: str = Field(primary_key=True)
    owner: str = Field(unique=True)
    """What the key is for, e.g. the certificate's reference: one owner, one key."""
    sealed: bytes
    created_at: datetime = Field(sa_type=moment())


class Certificate(SQLModel, table=True):
    """A certificate from the moment its serial is taken: stored as planned before it is signed."""

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("(state = 'planned') = (personal IS NULL)", name="certificate_signed"),
        CheckConstraint(
            "(state = 'revoked') = (revoked_at IS NOT NULL AND revocation_reason IS NOT NULL)",
            name="certificate_revocation",
        ),
        Index("certificate_owner", "owner"),
        Index("certificate_revoked", "issuer", postgresql_where=text("state = 'revoked'")),
    )

    serial: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    """Idempotency key of the issuance."""
    kind: str
    """``CertificateKind``"""
    state: str
    """``CertificateState``"""
    owner: str
    """Id of the enterprise or account, or ``authority``."""
    issuer: str = Field(foreign_key="certificate.serial")
    """Serial of the issuer's certificate; its own for the root."""
    key_id: str = Field(foreign_key="signing_key.id")
    subject_digest: str
    not_before: datetime = Field(sa_type=moment())
    not_after: datetime = Field(sa_type=moment())
    personal: bytes | None = None
    """Sealed ``CertificateContent``; a person's certificate carries the name."""
    revoked_at: datetime | None = Field(default=None, sa_type=moment())
    revocation_reason: str | None = None


class RevocationList(SQLModel, table=True):
    """The newest list of one issuer, kept so that its number only grows and readers need no new signature."""

    __tablename__ = "revocation_list"

    issuer: str = Field(primary_key=True, foreign_key="certificate.serial")
    number: int
    revoked: int
    """How many certificates it lists."""
    this_update: datetime = Field(sa_type=moment())
    next_update: datetime = Field(sa_type=moment())
    der: bytes


class _Encoded(BaseModel):
    """Bytes travel as base64 in JSON."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class CertificateContent(_Encoded):
    """The content of ``Certificate.personal``."""

    der: bytes
    subject: str


class IssuedCertificate(_Encoded):
    """A certificate as handed out; ``subject`` is its distinguished name in the form of RFC 4514."""

    serial: str
    """Hexadecimal, lower case: see ``serial_text``."""
    key_id: str
    der: bytes
    not_before: datetime
    not_after: datetime
    subject: str


class RevocationMaterial(_Encoded):
    """DER values that prove, without a network, that a certificate and its chain were not revoked."""

    certificates: list[bytes]
    ocsps: list[bytes]
    crls: list[bytes]


def new_serial() -> int:
    """158 random bits under a fixed leading one: positive, 20 bytes (RFC 5280 §4.1.2.2) and 40 hex digits."""
    return 1 << 158 | secrets.randbits(158)


def serial_text(number: int) -> str:
    """How a serial is written everywhere outside DER."""
    return f"{number:x}"


async def is_valid(session: AsyncSession, serial: str, at: datetime) -> bool:
    """Issued, not revoked, and within its life at that moment."""
    certificate = await session.get_one(Certificate, serial, populate_existing=True)
    return certificate.state == CertificateState.ISSUED and certificate.not_before <= at < certificate.not_after
