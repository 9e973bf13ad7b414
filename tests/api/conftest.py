"""The real application over ASGI: its own parts, a real database, a real Temporal server."""

import base64
import random
import re
import secrets
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from sqlmodel import col, select, update
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.providers.storage import ObjectStore
from models.accounts import contact_index
from models.challenges import Challenge, message_id
from models.database import Database, utc_now
from models.keyring import Keyring
from models.messages import Message, MessageContent, content_of
from models.settings import Settings
from server import create_app

PASSWORD = "Sample123"


class Person(NamedTuple):
    """Somebody registered and logged in."""

    contact: str
    account_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="session")
async def engine_address() -> AsyncIterator[str]:
    binary = str(Path(sysconfig.get_path("scripts")) / "temporal")
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary, dev_server_log_level="error"
    ) as environment:
        yield environment.client.service_client.config.target_host


@pytest.fixture(scope="session")
def settings(
    database_url: str, engine_address: str, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    folder: Path = tmp_path_factory.mktemp("objects")
    return Settings.model_validate(
        {
            "environment": "development",
            "database_url": database_url,
            "temporal_address": engine_address,
            "storage_url": f"file://{folder}",
            "master_key": base64.b64encode(keyring.root).decode(),
            "public_url": "http://127.0.0.1",
            "sms_url": "http://127.0.0.1:9",
            "mail_url": "http://127.0.0.1:9",
            "carrier_url": "http://127.0.0.1:9",
            "registry_url": "http://127.0.0.1:9",
            "provider_secret": "of the tests",
        }
    )


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    structlog.configure(
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", timeout=60) as asking:
        yield asking


@pytest.fixture
def new_mobile() -> Callable[[], str]:
    return lambda: f"139{random.SystemRandom().randrange(10**8):08d}"


@pytest.fixture
def new_email() -> Callable[[], str]:
    return lambda: f"sample-{secrets.token_hex(6)}@example.com"


def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(12)}


@pytest.fixture(scope="session")
def message_of(database: Database, keyring: Keyring) -> Callable[[str], Awaitable[MessageContent]]:
    """What a challenge's message says, read as the delivery reads it."""

    async def read(challenge_id: str) -> MessageContent:
        async with database.sessions() as session:
            found = await session.exec(select(Message).where(Message.id == message_id(challenge_id)))
            return content_of(keyring, found.one())

    return read


@pytest.fixture(scope="session")
def send_code(
    client: httpx2.AsyncClient, message_of: Callable[[str], Awaitable[MessageContent]]
) -> Callable[[str, str], Awaitable[tuple[str, str]]]:
    """Asks for a code and reads it from the message: challenge id and code."""

    async def send(purpose: str, contact: str) -> tuple[str, str]:
        channel = "email" if "@" in contact else "sms"
        asked = {"channel": channel, "to": contact, "purpose": purpose}
        answer = await client.post("/v1/verification-codes", json=asked, headers=key())
        assert answer.status_code == 202, answer.text
        challenge_id = answer.json()["challenge_id"]
        code = re.search(r"\d{6}", (await message_of(challenge_id)).text)
        return challenge_id, code[0] if code else ""

    return send


@pytest.fixture(scope="session")
def register(
    client: httpx2.AsyncClient, send_code: Callable[[str, str], Awaitable[tuple[str, str]]]
) -> Callable[..., Awaitable[httpx2.Response]]:
    async def create(contact: str, **changed: object) -> httpx2.Response:
        challenge_id, code = await send_code("register", contact)
        content = {"challenge_id": challenge_id, "code": code, "password": PASSWORD, "name": "张三样例"}
        return await client.post("/v1/accounts", json={**content, **changed})

    return create


@pytest.fixture(scope="session")
def forget_quota(database: Database, keyring: Keyring) -> Callable[[str], Awaitable[None]]:
    """Moves a contact's codes two days back, so that the next may be asked for."""

    async def forget(contact: str) -> None:
        mine = col(Challenge.contact_index) == contact_index(keyring, contact)
        async with database.transaction() as session:
            await session.exec(update(Challenge).where(mine).values(created_at=utc_now() - timedelta(days=2)))

    return forget


@pytest.fixture(scope="session")
def somebody(
    client: httpx2.AsyncClient, register: Callable[..., Awaitable[httpx2.Response]]
) -> Callable[[], Awaitable[Person]]:
    async def create() -> Person:
        contact = f"139{random.SystemRandom().randrange(10**8):08d}"
        created = await register(contact)
        opened = await client.post("/v1/sessions", json={"contact": contact, "password": PASSWORD})
        return Person(contact, created.json()["id"], opened.json()["token"])

    return create


@pytest.fixture
async def person(somebody: Callable[[], Awaitable[Person]]) -> Person:
    return await somebody()


@pytest.fixture
async def other_person(somebody: Callable[[], Awaitable[Person]]) -> Person:
    return await somebody()


@pytest.fixture(scope="session")
def engine(app: FastAPI) -> Client:
    client: Client = app.state.temporal
    return client


@pytest.fixture(scope="session")
def app_store(app: FastAPI) -> ObjectStore:
    store: ObjectStore = app.state.store
    return store
