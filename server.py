"""The API server: its parts, its routers, and nothing else."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware import Middleware

from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.keys import SigningKeys
from activities.providers.storage import open_store
from activities.providers.timestamp import TimestampAuthority
from api import (
    accounts,
    codec,
    contract_signing,
    docs,
    enterprise_verification,
    errors,
    evidence,
    health,
    pki,
    processes,
    sessions,
    uploads,
    validations,
    verification_codes,
    willingness,
)
from api.edge import Edge, Metrics
from models.database import Database
from models.keyring import Keyring
from models.passwords import Passwords
from models.settings import Settings
from observability import RequestLog, configure_logging
from workflows.client import connect

ROUTERS = (
    verification_codes.router,
    accounts.router,
    sessions.router,
    uploads.router,
    processes.router,
    enterprise_verification.router,
    willingness.router,
    contract_signing.router,
    validations.router,
    evidence.router,
    codec.router,
    pki.router,
    health.router,
    docs.router,
)

KEYED_REQUESTS = 10
"""Connections kept for requests with an Idempotency-Key (api/idempotency.py)."""


def create_app(settings: Settings) -> FastAPI:
    metrics = Metrics()
    app = FastAPI(
        title="千章 Qianzhang",
        version="0.1.0",
        lifespan=parts_of(settings),
        docs_url=None,
        redoc_url=None,
        responses=docs.PROBLEM_RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(RequestLog), Middleware(Edge, metrics=metrics)],
    )
    app.state.metrics = metrics
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
    docs.describe(app)
    return app


def parts_of(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def parts(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        state.database = Database(settings.database_url)
        state.keyed_database = Database(settings.database_url, KEYED_REQUESTS)
        state.keyring = Keyring.from_base64(settings.master_key.get_secret_value())
        state.store = open_store(settings.storage_url, state.keyring)
        state.passwords = Passwords()
        state.codec_access = codec.CodecAccess(settings.codec_origin, settings.codec_token)
        state.temporal = await connect(settings.temporal_address, settings.temporal_namespace, state.keyring)
        signing_keys = SigningKeys(state.database, state.keyring)
        state.certificate_authority = CertificateAuthority(state.database, signing_keys, settings.public_url)
        await state.certificate_authority.establish()
        state.timestamp_authority = TimestampAuthority(state.database, state.certificate_authority)
        yield
        await state.database.close()
        await state.keyed_database.close()

    return parts


def application() -> FastAPI:
    """``uvicorn --factory server:application``"""
    configure_logging("server")
    return create_app(Settings())
