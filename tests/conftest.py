"""Parts that tests of several folders need: real ones, started once per run or per test worker."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import psutil
import pytest

from local.stack import Stack
from models.database import Database
from models.keyring import Keyring
from tests.shared_cluster import SharedCluster


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedCluster]:
    base = tmp_path_factory.getbasetemp()
    cluster = SharedCluster(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    cluster.enter()
    yield cluster
    cluster.leave()


@pytest.fixture(scope="session")
def database_url(shared_cluster: SharedCluster) -> Iterator[str]:
    """A migrated database of this test worker; its tests share it, so they look only at rows of their own."""
    with shared_cluster.database(f"worker_{secrets.token_hex(6)}") as url:
        yield url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    connected = Database(database_url)
    yield connected
    await connected.close()


@pytest.fixture
async def empty_database(shared_cluster: SharedCluster) -> AsyncIterator[Database]:
    """A migrated database of this one test, for what must begin with no rows (about 0.1 s)."""
    with shared_cluster.database(f"test_{secrets.token_hex(6)}") as url:
        connected = Database(url)
        yield connected
        await connected.close()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring(secrets.token_bytes(32))


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Each call gives a TCP port of 127.0.0.1 that nobody listens on."""
    return unused_port


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole platform as processes of their own, as `make up` starts it; tests may kill any of them."""
    running = Stack(tmp_path_factory.mktemp("stack"), lambda _: None)
    try:
        running.start()
        yield running
    finally:
        tree = psutil.Process().children(recursive=True)
        ours = [child for child in tree if child.pid in {one.pid for one in running.supervisor.children.values()}]
        running.stop()
        running.layout.cluster.remove()
        assert not [child for child in ours if child.is_running()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that need the whole platform go first, so that no worker is left alone with them at the end."""
    long_files = {item.path for item in items if {"stack", "platform"} & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item.path not in long_files)
