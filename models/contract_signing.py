"""Contracts, their parties and what each party consented to (P, Q)."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Described
from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.accounts import Account
from models.database import moment
from models.errors import ResourceNotFound
from models.keyring import Keyring
from models.limits import PARTIES_MAX
from models.processes import Act
from models.values import Contact, Name, Uscc

PartyKind = Literal["enterprise", "person"]


class Place(BaseModel):
    """Where a mark goes: page from 1, centre in PDF points from the lower left corner of the page as shown."""

    model_config = ConfigDict(extra="forbid")

    page: Annotated[int, Described(ge=1, le=10_000)]
    x: Annotated[float, Described(ge=0, le=20_000)]
    y: Annotated[float, Described(ge=0, le=20_000)]


class PartyRequest(BaseModel):
    """One party; an enterprise is named by its code too and acts through the account behind ``contact``."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: PartyKind
    contact: Contact
    enterprise_uscc: Uscc | None = None
    fields: Annotated[list[Place], Described(min_length=1, max_length=50)]


class CreateContract(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Name
    document: Annotated[str, StringConstraints(pattern=r"^upl_[0-9a-f]{32}$")]
    parties: Annotated[list[PartyRequest], Described(min_length=1, max_length=PARTIES_MAX)]
    deadline: datetime | None = None
    """The signing deadline (截止签约, T04); 30 days when left out."""
    term_ends_on: date | None = None
    """The contract's own term (T04); kept and shown."""


class ConsentRequest(BaseModel):
    """Consent with a code (Q03) to exactly the bytes read; ``placements`` repeats the party's fields when given."""

    model_config = ConfigDict(extra="forbid")

    challenge_id: Annotated[str, StringConstraints(pattern=r"^chl_[0-9a-f]{32}$")]
    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    document_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    placements: Annotated[list[Place], Described(max_length=50)] | None = None


class ReturnRequest(BaseModel):
    """Q07: a return carries its reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Contract(SQLModel, table=True):
    """A contract; its id is its process's id. ``document_*`` is the normalised upload, ``sealed_*`` the result."""

    __tablename__ = "contract"

    id: str = Field(primary_key=True)
    title: str
    upload_id: str
    sender_account: str
    sender_enterprise: str
    deadline: datetime = Field(sa_type=moment())
    term_ends_on: date | None = None
    document_key: str | None = None
    document_sha256: str | None = None
    pages: list[dict[str, float]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    previews: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    sealed_key: str | None = None
    sealed_sha256: str | None = None
    sealed_previews: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    return_reason: bytes | None = None
    """Sealed text (Q07)."""
    created_at: datetime = Field(sa_type=moment())


class Party(SQLModel, table=True):
    """One party of a contract; ``personal`` is a sealed ``PartyPerson``."""

    __tablename__ = "party"

    id: str = Field(primary_key=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    ordinal: int
    kind: str
    enterprise_id: str | None = None
    contact_index: str = Field(index=True)
    personal: bytes
    places: list[dict[str, float]] = Field(sa_column=Column(JSON, nullable=False))
    opened_at: datetime | None = Field(default=None, sa_type=moment())


class PartyPerson(BaseModel):
    name: str
    contact: str


class Consent(SQLModel, table=True):
    """What a party consented to: which bytes, which places, which seal, proven how, when (Q03, N08)."""

    __tablename__ = "consent"

    party_id: str = Field(primary_key=True, foreign_key="party.id")
    contract_id: str = Field(foreign_key="contract.id", index=True)
    account_id: str
    document_sha256: str
    places: list[dict[str, float]] = Field(sa_column=Column(JSON, nullable=False))
    seal_id: str | None = None
    seal_version: int | None = None
    factor: str
    challenge_id: str = Field(unique=True)
    at: datetime = Field(sa_type=moment())


class SignatureIntent(SQLModel, table=True):
    """What is about to be signed, stored before signing; ``signed_sha256`` closes it, once."""

    __tablename__ = "signature_intent"

    party_id: str = Field(primary_key=True, foreign_key="party.id")
    contract_id: str = Field(foreign_key="contract.id", index=True)
    ordinal: int
    base_key: str
    base_sha256: str
    certificate_serial: str
    seal_id: str | None = None
    seal_version: int | None = None
    planned_at: datetime = Field(sa_type=moment())
    signed_sha256: str | None = None


def sealed_party(keyring: Keyring, party_id: str, person: PartyPerson) -> bytes:
    return keyring.seal("columns", f"party/{party_id}", person.model_dump_json().encode())


def opened_party(keyring: Keyring, party: Party) -> PartyPerson:
    return PartyPerson.model_validate_json(keyring.open("columns", f"party/{party.id}", party.personal))


def sealed_reason(keyring: Keyring, contract_id: str, reason: str) -> bytes:
    return keyring.seal("columns", f"contract/{contract_id}/return_reason", reason.encode())


def opened_reason(keyring: Keyring, contract: Contract) -> str:
    """Empty when nobody returned the contract."""
    if contract.return_reason is None:
        return ""
    return keyring.open("columns", f"contract/{contract.id}/return_reason", contract.return_reason).decode()


async def party_of(session: AsyncSession, contract_id: str, account: Account) -> Party | None:
    """The party this account acts for: the one whose contact it is."""
    found = await session.exec(
        select(Party)
        .where(Party.contract_id == contract_id, Party.contact_index == account.contact_index)
        .order_by(col(Party.ordinal))
    )
    return found.first()


async def subject_for_consent(session: AsyncSession, contract_id: str, account_id: str) -> str:
    """What a consent code is bound to: the contract and the digest of its document. Raises ResourceNotFound."""
    contract = await session.get(Contract, contract_id)
    account = await session.get(Account, account_id)
    if contract is None or account is None or await party_of(session, contract_id, account) is None:
        raise ResourceNotFound
    return consent_subject(contract)


def consent_subject(contract: Contract) -> str:
    return f"{contract.id}/{contract.document_sha256}"


class PartyView(BaseModel):
    id: str
    ordinal: int
    name: str
    kind: str
    contact: str
    """Masked (W01)."""
    enterprise_id: str | None
    fields: list[Place]
    opened_at: datetime | None
    consented_at: datetime | None


class ContractSubject(BaseModel):
    """The contract-specific part of the process view."""

    title: str
    document_sha256: str | None
    pages: list[dict[str, float]]
    sealed_sha256: str | None
    term_ends_on: date | None
    return_reason: str | None
    evidence_number: str | None
    parties: list[PartyView]


# Messages between workflow and activities.


class Preparation(BaseModel):
    """Outcome of preparing the upload: the parties in order."""

    parties: list[str]


class PartyAct(Act):
    """An act of one party's account."""

    party_id: str


class Consented(PartyAct):
    challenge_id: str
    code: str
    document_sha256: str
    places: list[Place] | None = None


class Returned(PartyAct):
    reason: str


class ConsentRecord(BaseModel):
    contract_id: str
    consent: Consented
    at: datetime


class ReturnRecord(BaseModel):
    contract_id: str
    act: Returned


class Opened(BaseModel):
    contract_id: str
    party_id: str
    at: datetime


class Sealing(BaseModel):
    """One attempt to seal; ``at`` is the signing time every signature states, ``attempt`` counts from 1."""

    contract_id: str
    attempt: int
    at: datetime


class Plan(BaseModel):
    """Every intent is stored, or the parties whose certificate no longer holds."""

    lapsed: list[str] = []


class Deposit(BaseModel):
    contract_id: str
    number: str
    at: datetime
