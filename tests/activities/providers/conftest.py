from collections.abc import AsyncIterator, Iterator

import pytest

from activities.providers import signed_http
from simulator.app import create_app
from simulator.client import SimulatorClient
from tests.simulator.serving import serving

SECRET = "invented-shared-secret"


@pytest.fixture(scope="module")
def partners_url() -> Iterator[str]:
    """The simulator, late by more than the callers of these tests wait."""
    with serving(create_app(SECRET, late_seconds=3.5)) as url:
        yield url


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_http, "READ_SECONDS", 1.5)


@pytest.fixture
async def partners(partners_url: str) -> AsyncIterator[SimulatorClient]:
    client = SimulatorClient(partners_url, SECRET)
    yield client
    await client.close()
