"""One-time codes (A16): 6 digits, 5 minutes, 5 tries, single use, bound to purpose, contact and subject."""

import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Described
from sqlalchemy import Index, func
from sqlmodel import Field, SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from models import limits, messages
from models.accounts import contact_index
from models.database import moment
from models.errors import CodeExpired, CodeSentTooOften, CodeUsedUp, CodeWrong
from models.ids import new_id
from models.keyring import Keyring
from models.values import Channel, Contact, channel_of

Purpose = Literal["register", "login", "sign_contract", "phone_check"]


class Challenge(SQLModel, table=True):
    """A code that was sent; of the code itself only a keyed digest over all it is bound to is kept."""

    __tablename__ = "challenge"
    __table_args__ = (Index("challenge_quota", "contact_index", "created_at"),)

    id: str = Field(primary_key=True)
    purpose: str
    contact_index: str
    personal: bytes | None = None
    """The sealed contact."""
    subject: str | None = None
    """What the code agrees to, e.g. a contract's id and the digest of its document."""
    code_digest: str
    attempts: int = 0
    created_at: datetime = Field(sa_type=moment())
    expires_at: datetime = Field(sa_type=moment())
    used_at: datetime | None = Field(default=None, sa_type=moment())


class CodeRequest(BaseModel):
    """``subject`` is the contract's id for ``sign_contract``."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    to: Contact
    purpose: Literal["register", "login", "sign_contract"]
    subject: str | None = Described(default=None, max_length=64)

    @model_validator(mode="after")
    def agree(self) -> Self:
        if channel_of(self.to) != self.channel:
            raise ValueError("channel_of_other_kind")
        if (self.subject is not None) != (self.purpose == "sign_contract"):
            raise ValueError("subject_for_contract_only")
        return self


class CodeSent(BaseModel):
    """``resend_after``: seconds until another code may be asked for."""

    challenge_id: str
    expires_at: datetime
    resend_after: int


async def issue(
    session: AsyncSession,
    keyring: Keyring,
    purpose: Purpose,
    contact: str,
    subject: str | None = None,
    *,
    now: datetime,
    challenge_id: str | None = None,
) -> tuple[Challenge, str]:
    """A new challenge and its code, counted against the contact's quota. Raises CodeSentTooOften."""
    index = contact_index(keyring, contact)
    await _require_quota(session, index, purpose, now)
    code = f"{secrets.randbelow(10**6):06d}"
    challenge = Challenge(
        id=challenge_id or new_id("chl"),
        purpose=purpose,
        contact_index=index,
        subject=subject,
        code_digest="",
        created_at=now,
        expires_at=now + limits.CODE_LIFETIME,
    )
    challenge.personal = keyring.seal("columns", f"challenge/{challenge.id}", contact.encode())
    challenge.code_digest = _digest(keyring, challenge.id, purpose, index, subject, code)
    session.add(challenge)
    await session.flush()
    return challenge, code


async def send_code(
    session: AsyncSession,
    keyring: Keyring,
    purpose: Purpose,
    contact: str,
    subject: str | None = None,
    *,
    now: datetime,
    challenge_id: str,
    template: str,
    facts: dict[str, object],
    language: messages.Language = "zh",
) -> Challenge:
    """Issue and queue the message, once per ``challenge_id``: a repetition sends nothing and costs no quota.

    Start the delivery of ``message_id(challenge_id)`` after the commit. Raises CodeSentTooOften.
    """
    known = await session.get(Challenge, challenge_id)
    if known is not None:
        return known
    challenge, code = await issue(session, keyring, purpose, contact, subject, now=now, challenge_id=challenge_id)
    worded = facts | {"code": code, "minutes": limits.CODE_LIFETIME // timedelta(minutes=1)}
    await messages.queue(session, keyring, message_id(challenge_id), contact, template, worded, language)
    return challenge


def message_id(challenge_id: str) -> str:
    """The message that carries a challenge's code has the challenge's number."""
    return f"msg_{challenge_id.rpartition('_')[2]}"


async def check(
    session: AsyncSession,
    keyring: Keyring,
    challenge_id: str,
    purpose: Purpose,
    contact: str | None,
    subject: str | None,
    code: str,
    *,
    now: datetime,
) -> str:
    """The contact that proved itself; ``contact`` None accepts the one the code was sent to.

    Commits the session at once to keep the count of tries, so call it first and not inside ``session.begin()``;
    the use of the code is committed by the caller, with its effect.
    Raises CodeWrong, CodeExpired (also: unknown, used), CodeUsedUp.
    """
    attempts = await _claim_attempt(session, challenge_id, now)
    challenge = await session.get_one(Challenge, challenge_id, populate_existing=True)
    index = contact_index(keyring, contact) if contact else challenge.contact_index
    given = _digest(keyring, challenge_id, purpose, index, subject, code)
    if not hmac.compare_digest(given, challenge.code_digest) or challenge.personal is None:
        raise CodeWrong(attempts_left=limits.CODE_ATTEMPTS - attempts)
    used = await session.exec(
        update(Challenge)
        .where(col(Challenge.id) == challenge_id, col(Challenge.used_at).is_(None))
        .values(used_at=now)
        .returning(col(Challenge.id))
    )
    if used.first() is None:
        raise CodeExpired
    return keyring.open("columns", f"challenge/{challenge_id}", challenge.personal).decode()


async def _claim_attempt(session: AsyncSession, challenge_id: str, now: datetime) -> int:
    """Counted before the code is looked at: of any number of guesses at once, only the first five are judged."""
    claimed = await session.exec(
        update(Challenge)
        .where(
            col(Challenge.id) == challenge_id,
            col(Challenge.attempts) < limits.CODE_ATTEMPTS,
            col(Challenge.used_at).is_(None),
            col(Challenge.expires_at) > now,
        )
        .values(attempts=Challenge.attempts + 1)
        .returning(col(Challenge.attempts))
    )
    row = claimed.first()
    await session.commit()
    if row is not None:
        return int(row[0])
    challenge = await session.get(Challenge, challenge_id, populate_existing=True)
    if challenge is None or challenge.used_at is not None or challenge.expires_at <= now:
        raise CodeExpired
    raise CodeUsedUp


async def _require_quota(session: AsyncSession, index: str, purpose: Purpose, now: datetime) -> None:
    """1 a minute for each purpose, 5 an hour and 10 a day in all; contacts queue up on a lock each."""
    await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(index, 0))))
    newest = await session.exec(
        select(Challenge.created_at, Challenge.purpose)
        .where(Challenge.contact_index == index)
        .order_by(col(Challenge.created_at).desc())
        .limit(limits.CODES_PER_DAY)
    )
    sent = newest.all()
    windows = (
        (1, limits.CODE_RESEND, [at for at, of in sent if of == purpose]),
        (limits.CODES_PER_HOUR, timedelta(hours=1), [at for at, _ in sent]),
        (limits.CODES_PER_DAY, timedelta(days=1), [at for at, _ in sent]),
    )
    waits = [times[allowed - 1] + window - now for allowed, window, times in windows if len(times) >= allowed]
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        raise CodeSentTooOften(retry_after=-(-longest // timedelta(seconds=1)))


def _digest(keyring: Keyring, challenge_id: str, purpose: str, index: str, subject: str | None, code: str) -> str:
    return keyring.digest("codes", json.dumps([challenge_id, purpose, index, subject, code]))
