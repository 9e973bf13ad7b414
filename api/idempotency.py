"""One request is one transaction, and with an ``Idempotency-Key`` it happens once.

The key's record is committed before the work with the number that every id of the work is made of, so a retry
after a crash meets what the first try left. A lock of the database session, held across commits and released by
the server when the process dies, keeps two tries of one key apart; the connections that hold such locks are a
pool of their own, so that waiting for a slow process never keeps anybody from reading. Successes are replayed.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import UploadFile

from api.bodies import CheckedRequest, is_plain
from api.dependencies import current_session, log_in_of
from api.errors import refusal
from api.problems import status_of
from models.database import Database, utc_now
from models.errors import IdempotencyKeyReused, LoginRequired, MediaTypeNotAccepted, RequestInFlight
from models.idempotency import Answer, IdempotencyRecord
from models.ids import new_id
from models.keyring import Keyring
from models.limits import IDEMPOTENCY_RETENTION

READS = frozenset({"GET", "HEAD", "OPTIONS"})
KEPT_HEADERS = ("content-type", "location", "etag")
FORGOTTEN_AT_ONCE = 20

Handler = Callable[[Request], Awaitable[Response]]
"""The route itself; its session is ``request.state.session``."""


class TransactionRoute(APIRoute):
    """The route class of every router: ``APIRouter(route_class=TransactionRoute)``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        needs_login = depends_on(self.dependant, current_session)
        body = self.body_field.field_info if self.body_field else None

        async def handle(original: Request) -> Response:
            request = CheckedRequest(original.scope, original.receive)
            await admit(request, needs_login)
            if body is not None:
                await read_body(request, isinstance(body, params.Form), body.is_required())
            return await carry_out(request, handler)

        return handle


def depends_on(dependant: Dependant, call: object) -> bool:
    return dependant.call is call or any(depends_on(inner, call) for inner in dependant.dependencies)


async def admit(request: Request, needs_login: bool) -> None:
    """Before the body is read, and with no database connection kept while it is. Raises LoginRequired."""
    database: Database = request.app.state.database
    async with database.sessions() as session:
        request.state.login = await log_in_of(request, session)
    if needs_login and request.state.login is None:
        raise LoginRequired


async def read_body(request: Request, is_form: bool, required: bool) -> None:
    """Raises MediaTypeNotAccepted before the bytes are read, RequestValidationError for what is no JSON."""
    expected = "multipart/form-data" if is_form else "application/json"
    given = media_type_of(request)
    if not given and not required:
        return
    if given != expected:
        raise MediaTypeNotAccepted(expected=expected)
    await (request.form() if is_form else request.json())


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def carry_out(request: Request, work: Handler) -> Response:
    database: Database = request.app.state.database
    key = request.headers.get("idempotency-key")
    request.state.reserved_id = new_id
    if request.method in READS or key is None:
        async with database.sessions() as session:
            request.state.session = session
            response = await work(request)
            if request.method not in READS:
                await session.commit()
            return response
    require_valid(key)
    keyed: Database = request.app.state.keyed_database
    async with keyed.engine.connect() as connection:
        session = request.state.session = AsyncSession(connection, expire_on_commit=False)
        attempt = Attempt(request, session, key)
        if not await attempt.lock():
            raise RequestInFlight
        try:
            return await attempt.answer(work)
        finally:
            await release(connection, session, attempt.lock_number)


def require_valid(key: str) -> None:
    if not 8 <= len(key) <= 255 or not all("!" <= character <= "~" for character in key):
        found = {"type": "idempotency_key_invalid", "loc": ("header", "Idempotency-Key"), "msg": ""}
        raise RequestValidationError([found])


async def release(connection: AsyncConnection, session: AsyncSession, lock_number: int) -> None:
    """The lock outlives transactions; a connection that cannot give it back is closed, which frees it."""
    try:
        await session.rollback()
        await session.exec(select(func.pg_advisory_unlock(lock_number)))
        await session.close()
    except BaseException:
        await connection.invalidate()
        raise


class Attempt:
    """One try to carry out the request of a key; the key belongs to an account, a method and a path."""

    def __init__(self, request: Request, session: AsyncSession, key: str) -> None:
        login = request.state.login
        who = login.account.id if login else "anonymous"
        digest = hashlib.sha256(json.dumps([who, request.method, request.url.path, key]).encode())
        self.request, self.session = request, session
        self.keyring: Keyring = request.app.state.keyring
        self.record_id = digest.hexdigest()
        self.lock_number = int.from_bytes(digest.digest()[:8], "big", signed=True)

    async def lock(self) -> bool:
        locked = await self.session.exec(select(func.pg_try_advisory_lock(self.lock_number)))
        return bool(locked.one())

    async def answer(self, work: Handler) -> Response:
        fingerprint = self.keyring.digest("index", await fingerprint_of(self.request))
        record = await self.session.get(IdempotencyRecord, self.record_id)
        if record is not None and record.created_at < utc_now() - IDEMPOTENCY_RETENTION:
            await self.forget()
            record = None
        if record is not None and record.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        if record is not None and record.answer is not None:
            return self.replay(record.answer)
        number = record.number if record else await self.reserve(fingerprint)
        self.request.state.reserved_id = lambda prefix: f"{prefix}_{number}"
        try:
            response = await work(self.request)
        except Exception as error:
            refused = refusal(error)
            if record is None and refused is not None and status_of(refused) < 500:
                await self.session.rollback()
                await self.forget()
                await self.session.commit()
            raise
        await self.keep(response)
        return response

    async def reserve(self, fingerprint: str) -> str:
        number = new_id("idm").partition("_")[2]
        await self._forget_old()
        self.session.add(
            IdempotencyRecord(id=self.record_id, fingerprint=fingerprint, number=number, created_at=utc_now())
        )
        await self.session.commit()
        return number

    async def keep(self, response: Response) -> None:
        """The answer is committed together with what the work changed. A streamed answer cannot be kept."""
        if response.status_code < 300 and hasattr(response, "body"):
            answer = Answer(
                status=response.status_code,
                headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
                body=bytes(response.body).decode(),
            )
            sealed = self.keyring.seal("columns", self._place(), answer.model_dump_json().encode())
            await self.session.exec(
                update(IdempotencyRecord).where(col(IdempotencyRecord.id) == self.record_id).values(answer=sealed)
            )
        await self.session.commit()

    def replay(self, sealed: bytes) -> Response:
        answer = Answer.model_validate_json(self.keyring.open("columns", self._place(), sealed))
        headers = {**answer.headers, "Idempotent-Replayed": "true"}
        return Response(answer.body or None, answer.status, headers)

    async def forget(self) -> None:
        await self.session.exec(delete(IdempotencyRecord).where(col(IdempotencyRecord.id) == self.record_id))

    async def _forget_old(self) -> None:
        old = (
            select(IdempotencyRecord.id)
            .where(IdempotencyRecord.created_at < utc_now() - IDEMPOTENCY_RETENTION)
            .limit(FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        await self.session.exec(delete(IdempotencyRecord).where(col(IdempotencyRecord.id).in_(old)))

    def _place(self) -> str:
        return f"idempotency_record/{self.record_id}"


async def fingerprint_of(request: Request) -> str:
    """Of the content: JSON whatever its spacing and order, a form by its fields and the digests of its files."""
    media_type = media_type_of(request)
    if media_type == "application/json":
        content: Any = await request.json() if await request.body() else None
    elif media_type == "multipart/form-data":
        form = await request.form()
        content = sorted([[name, await _part(value)] for name, value in form.multi_items()])
    else:
        content = hashlib.sha256(await request.body()).hexdigest()
    return json.dumps([request.url.query, content], sort_keys=True)


async def _part(value: UploadFile | str) -> str:
    if isinstance(value, str):
        return value if is_plain(value) else ascii(value)
    digest = hashlib.sha256()
    while chunk := await value.read(1 << 20):
        digest.update(chunk)
    await value.seek(0)
    return digest.hexdigest()
