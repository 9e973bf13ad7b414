"""Accounts (A03–A09): one per mobile number or e-mail address, never merged (A04), and the sessions they open."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator
from pydantic import Field as Described
from sqlmodel import Field, SQLModel

from models.database import moment
from models.keyring import Keyring
from models.values import Contact, Name, masked_contact


class Account(SQLModel, table=True):
    """``contact_index`` is the blind index of the login id; mobile and e-mail differ by construction (A04)."""

    __tablename__ = "account"

    id: str = Field(primary_key=True)
    contact_index: str = Field(unique=True)
    channel: str
    personal: bytes | None = None
    """Sealed ``AccountPersonal``."""
    password_hash: str
    phone_callback_consent: bool = False
    created_at: datetime = Field(sa_type=moment())


class LoginAttempts(SQLModel, table=True):
    """Wrong passwords per login id, known or not: a lock must not tell whether the account exists."""

    __tablename__ = "login_attempts"

    contact_index: str = Field(primary_key=True)
    failed: int
    locked_until: datetime | None = Field(default=None, sa_type=moment())


class LoginSession(SQLModel, table=True):
    """An opaque session; only the SHA-256 of its token is kept."""

    __tablename__ = "login_session"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    token_digest: str = Field(unique=True)
    opened_at: datetime = Field(sa_type=moment())
    last_seen_at: datetime = Field(sa_type=moment())
    revoked_at: datetime | None = Field(default=None, sa_type=moment())


class AccountPersonal(BaseModel):
    contact: str
    name: str
    company_name: str | None = None
    invited_by: str | None = None


class AccountCreation(BaseModel):
    """The login id is the contact that the challenge was sent to (A03)."""

    model_config = ConfigDict(extra="forbid")

    challenge_id: str = Described(max_length=64)
    code: str = Described(pattern=r"^[0-9]{6}$")  # A16
    password: SecretStr = Described(max_length=200)
    name: Name
    """The owner's real name (A05)."""
    company_name: Name | None = None
    """Exactly as on the business licence; 「无」 counts as none (A06)."""
    invited: bool = False
    invited_by: Name | None = None
    """The inviting enterprise; required when invited (A07)."""
    phone_callback_consent: bool = False
    """A09: 「我愿意接受电话回访」, unticked at first."""

    @model_validator(mode="after")
    def settle_companies(self) -> Self:
        if self.company_name == "无":
            self.company_name = None
        if self.invited != (self.invited_by is not None):
            raise ValueError("invited_by_required")
        return self


class SessionOpening(BaseModel):
    """By password, or by a code sent for ``login`` (A14)."""

    model_config = ConfigDict(extra="forbid")

    contact: Contact | None = None
    password: SecretStr | None = Described(default=None, max_length=200)
    challenge_id: str | None = Described(default=None, max_length=64)
    code: str | None = Described(default=None, pattern=r"^[0-9]{6}$")

    @model_validator(mode="after")
    def choose_one_way(self) -> Self:
        by_password = self.contact is not None and self.password is not None
        by_code = self.challenge_id is not None and self.code is not None
        given = sum(value is not None for value in (self.contact, self.password, self.challenge_id, self.code))
        if by_password == by_code or given != 2:
            raise ValueError("password_or_code")
        return self


class AccountView(BaseModel):
    """What the owner sees of the own account; the contact masked (W01)."""

    id: str
    contact: str
    channel: str
    name: str
    company_name: str | None
    invited_by: str | None
    phone_callback_consent: bool
    created_at: datetime


class SessionOpened(BaseModel):
    """``token`` is shown this once; ``expires_at`` is the absolute end, an idle session ends earlier."""

    id: str
    token: str
    expires_at: datetime
    account: AccountView


class SessionView(BaseModel):
    id: str
    opened_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


def seal_personal(keyring: Keyring, account_id: str, personal: AccountPersonal) -> bytes:
    return keyring.seal("columns", f"account/{account_id}", personal.model_dump_json().encode())


def open_personal(keyring: Keyring, account: Account) -> AccountPersonal:
    """Raises LookupError when the account's personal data was erased."""
    if account.personal is None:
        raise LookupError(account.id)
    return AccountPersonal.model_validate_json(keyring.open("columns", f"account/{account.id}", account.personal))


def contact_index(keyring: Keyring, contact: str) -> str:
    """Blind index of a normalised contact, the same wherever a contact is looked up."""
    return keyring.digest("index", f"contact/{contact}")


def account_view(keyring: Keyring, account: Account) -> AccountView:
    personal = open_personal(keyring, account)
    return AccountView(
        id=account.id,
        contact=masked_contact(personal.contact),
        channel=account.channel,
        name=personal.name,
        company_name=personal.company_name,
        invited_by=personal.invited_by,
        phone_callback_consent=account.phone_callback_consent,
        created_at=account.created_at,
    )
