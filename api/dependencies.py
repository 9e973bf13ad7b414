"""What routes are given: the transaction, who asks, in which language, and the parts of the platform."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client

from activities.providers.storage import ObjectStore
from api.problems import language_of
from api.views import Reader
from models.accounts import Account, LoginSession
from models.database import utc_now
from models.errors import IdempotencyKeyMissing, LoginRequired
from models.keyring import Keyring
from models.limits import SESSION_IDLE, SESSION_LIFETIME
from models.messages import Language as Tongue
from models.passwords import Passwords

SEEN_EVERY = timedelta(minutes=1)

bearer = HTTPBearer(auto_error=False, description="The token of POST /v1/sessions")


class Login(NamedTuple):
    account: Account
    session: LoginSession


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def log_in_of(request: Request, session: AsyncSession) -> Login | None:
    """Who the bearer token speaks for; looked up on every request, so a revoked session ends at once."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    now = utc_now()
    found = await session.exec(
        select(Account, LoginSession)
        .join(LoginSession, col(LoginSession.account_id) == col(Account.id))
        .where(
            LoginSession.token_digest == token_digest(token.strip()),
            col(LoginSession.revoked_at).is_(None),
            LoginSession.opened_at > now - SESSION_LIFETIME,
            LoginSession.last_seen_at > now - SESSION_IDLE,
        )
    )
    row = found.first()
    if row is None:
        return None
    login = Login(*row)
    if login.session.last_seen_at < now - SEEN_EVERY:
        await session.exec(
            update(LoginSession).where(col(LoginSession.id) == login.session.id).values(last_seen_at=now)
        )
        await session.commit()
    return login


def current_session(
    request: Request, _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Login:
    """Raises LoginRequired. A route that depends on it answers 401 before it reads the body."""
    login: Login | None = request.state.login
    if login is None:
        raise LoginRequired
    return login


def current_account(login: Annotated[Login, Depends(current_session)]) -> Account:
    return login.account


def account_if_known(request: Request) -> Account | None:
    login: Login | None = request.state.login
    return login.account if login else None


def transaction(request: Request) -> AsyncSession:
    """The request's one session; committed with the answer (api/idempotency.py), or earlier by the route."""
    session: AsyncSession = request.state.session
    return session


def reserved(request: Request) -> Callable[[str], str]:
    """Makes an id of the given prefix: the same one again for the same Idempotency-Key."""
    make: Callable[[str], str] = request.state.reserved_id
    return make


def require_idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=255)] = None,
) -> None:
    """For what costs money, a message or a signature. Raises IdempotencyKeyMissing."""
    if key is None:
        raise IdempotencyKeyMissing


def language(request: Request) -> Tongue:
    return language_of(request.headers.get("accept-language", ""))


def keyring(request: Request) -> Keyring:
    keys: Keyring = request.app.state.keyring
    return keys


def store(request: Request) -> ObjectStore:
    objects: ObjectStore = request.app.state.store
    return objects


def engine(request: Request) -> Client:
    client: Client = request.app.state.temporal
    return client


def passwords(request: Request) -> Passwords:
    hashes: Passwords = request.app.state.passwords
    return hashes


Transaction = Annotated[AsyncSession, Depends(transaction)]
CurrentSession = Annotated[Login, Depends(current_session)]
CurrentAccount = Annotated[Account, Depends(current_account)]
AccountIfKnown = Annotated[Account | None, Depends(account_if_known)]
Reserved = Annotated[Callable[[str], str], Depends(reserved)]
Language = Annotated[Tongue, Depends(language)]
Keys = Annotated[Keyring, Depends(keyring)]
Store = Annotated[ObjectStore, Depends(store)]
Engine = Annotated[Client, Depends(engine)]
Hashes = Annotated[Passwords, Depends(passwords)]
KeyRequired = Depends(require_idempotency_key)


def reader(transaction: Transaction, keyring: Keys, account: CurrentAccount, language: Language) -> Reader:
    return Reader(transaction, keyring, account, language)


CurrentReader = Annotated[Reader, Depends(reader)]
