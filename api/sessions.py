"""Logging in by password or by code, and the sessions that come of it."""

import secrets

from fastapi import APIRouter
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import (
    CurrentAccount,
    CurrentSession,
    Hashes,
    Keys,
    Reserved,
    Transaction,
    token_digest,
)
from api.idempotency import TransactionRoute
from models.accounts import (
    Account,
    LoginSession,
    SessionOpened,
    SessionOpening,
    SessionView,
    account_view,
    contact_index,
)
from models.challenges import check
from models.database import utc_now
from models.errors import CredentialsWrong, ResourceNotFound
from models.keyring import Keyring
from models.limits import SESSION_LIFETIME
from models.logins import claim_attempt, clear_attempts
from models.passwords import Passwords

router = APIRouter(route_class=TransactionRoute, tags=["accounts"])


@router.post("/v1/sessions", status_code=201)
async def open_session(
    opening: SessionOpening, transaction: Transaction, keyring: Keys, hashes: Hashes, reserved: Reserved
) -> SessionOpened:
    if opening.password is not None:
        account = await account_by_password(transaction, keyring, hashes, opening)
    else:
        account = await account_by_code(transaction, keyring, opening)
    token, now = secrets.token_urlsafe(32), utc_now()
    session = LoginSession(
        id=reserved("ses"),
        account_id=account.id,
        token_digest=token_digest(token),
        opened_at=now,
        last_seen_at=now,
    )
    transaction.add(session)
    return SessionOpened(
        id=session.id,
        token=token,
        expires_at=now + SESSION_LIFETIME,
        account=account_view(keyring, account),
    )


async def account_by_password(
    session: AsyncSession, keyring: Keyring, hashes: Passwords, opening: SessionOpening
) -> Account:
    """Raises CredentialsWrong and AccountLocked, in the same way and time whether the account exists or not."""
    assert opening.contact is not None
    assert opening.password is not None
    index = contact_index(keyring, opening.contact)
    await claim_attempt(session, index, utc_now())
    account = await by_index(session, index)
    stored = account.password_hash if account else None
    matches = await hashes.verify(opening.password.get_secret_value(), stored)
    if account is None or not matches:
        raise CredentialsWrong
    await clear_attempts(session, index)
    return account


async def account_by_code(session: AsyncSession, keyring: Keyring, opening: SessionOpening) -> Account:
    assert opening.challenge_id is not None
    assert opening.code is not None
    contact = await check(session, keyring, opening.challenge_id, "login", None, None, opening.code, now=utc_now())
    account = await by_index(session, contact_index(keyring, contact))
    if account is None:
        raise CredentialsWrong
    return account


async def by_index(session: AsyncSession, index: str) -> Account | None:
    found = await session.exec(select(Account).where(Account.contact_index == index))
    return found.first()


@router.get("/v1/sessions")
async def list_sessions(login: CurrentSession, transaction: Transaction) -> list[SessionView]:
    """Those not revoked, newest first, also the ones that have ended by themselves within their lifetime."""
    found = await transaction.exec(
        select(LoginSession)
        .where(
            LoginSession.account_id == login.account.id,
            col(LoginSession.revoked_at).is_(None),
            LoginSession.opened_at > utc_now() - SESSION_LIFETIME,
        )
        .order_by(col(LoginSession.id).desc())
        .limit(100)
    )
    return [
        SessionView(
            id=row.id,
            opened_at=row.opened_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.opened_at + SESSION_LIFETIME,
            current=row.id == login.session.id,
        )
        for row in found
    ]


@router.delete("/v1/sessions/current", status_code=204)
async def end_current_session(login: CurrentSession, transaction: Transaction) -> None:
    await revoke(transaction, login.account.id, login.session.id)


@router.delete("/v1/sessions/{session_id}", status_code=204)
async def end_session(session_id: str, account: CurrentAccount, transaction: Transaction) -> None:
    await revoke(transaction, account.id, session_id)


async def revoke(session: AsyncSession, account_id: str, session_id: str) -> None:
    """Raises ResourceNotFound: of another account, or ended already."""
    ended = await session.exec(
        update(LoginSession)
        .where(
            col(LoginSession.id) == session_id,
            col(LoginSession.account_id) == account_id,
            col(LoginSession.revoked_at).is_(None),
        )
        .values(revoked_at=utc_now())
        .returning(col(LoginSession.id))
    )
    if ended.first() is None:
        raise ResourceNotFound
