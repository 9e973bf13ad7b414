"""The authority behind its real HTTP routes, and the independent judge of what it makes: OpenSSL."""

import asyncio
import contextlib
import secrets
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI

from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.keys import SigningKeys
from activities.providers.timestamp import TimestampAuthority
from api.pki import router
from models.database import Database
from models.keyring import Keyring
from tests.conftest import unused_port
from tests.shared_cluster import SharedCluster

USCC = "91310000MA1FL8XQ30"


class Pki(NamedTuple):
    """One authority: ``authority`` for the test's own loop, ``url`` where a server runs another over the same rows."""

    authority: CertificateAuthority
    timestamps: TimestampAuthority
    database: Database
    url: str


def authority_over(database: Database, keyring: Keyring, url: str) -> CertificateAuthority:
    return CertificateAuthority(database, SigningKeys(database, keyring), url)


@pytest.fixture(scope="session")
async def pki(shared_cluster: SharedCluster, keyring: Keyring) -> AsyncIterator[Pki]:
    with shared_cluster.database(f"pki_{secrets.token_hex(6)}") as database_url:
        port = unused_port()
        url = f"http://127.0.0.1:{port}"
        database = Database(database_url)
        authority = authority_over(database, keyring, url)
        with serving(pki_app(database_url, keyring, url), port):
            yield Pki(authority, TimestampAuthority(database, authority), database, url)
        await database.close()


def pki_app(database_url: str, keyring: Keyring, url: str) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(database_url)
        authority = authority_over(database, keyring, url)
        await authority.establish()
        app.state.certificate_authority = authority
        app.state.timestamp_authority = TimestampAuthority(database, authority)
        yield
        await database.close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    return app


@contextlib.contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server ended before it listened"
        assert time.monotonic() < deadline, "the server does not listen"
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(timeout=10)


def openssl(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=30)


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def crl_pem(der: bytes) -> bytes:
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)


async def verified(pki: Pki, leaf: bytes, folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """``openssl verify`` with the lists of this moment."""
    now = datetime.now(UTC)
    issuing, root = await pki.authority.chain()
    lists = crl_pem(await pki.authority.crl(now)) + crl_pem(await pki.authority.root_crl(now))
    files = {"root.pem": pem(root), "issuing.pem": pem(issuing), "leaf.pem": pem(leaf), "lists.pem": lists}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return await asyncio.to_thread(
        openssl,
        "verify",
        "-x509_strict",
        "-crl_check_all",
        "-CRLfile",
        folder / "lists.pem",
        "-CAfile",
        folder / "root.pem",
        "-untrusted",
        folder / "issuing.pem",
        *options,
        folder / "leaf.pem",
    )
