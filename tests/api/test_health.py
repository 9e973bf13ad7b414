from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from models.database import Database


@pytest.fixture
async def database_away(app: FastAPI) -> AsyncIterator[None]:
    kept = app.state.database
    app.state.database = Database("postgresql+asyncpg://nobody:x@127.0.0.1:9/none")
    yield
    await app.state.database.close()
    app.state.database = kept


async def test_ready_names_each_part(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "temporal": "ok", "storage": "ok"})


@pytest.mark.usefixtures("database_away")
async def test_not_ready_names_the_part_that_failed(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["database"], answer.json()["storage"]) == (503, "failed", "ok")


@pytest.mark.usefixtures("database_away")
async def test_a_database_away_is_503_for_a_route(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/v1/sessions", json={"contact": "13900000000", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


async def test_alive_needs_nothing(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/livez")).json() == {"status": "ok"}


async def test_metrics_count_by_route_template(client: httpx2.AsyncClient) -> None:
    await client.get("/v1/uploads/upl_canary")
    counted = (await client.get("/metrics")).text
    assert 'route="/v1/uploads/{upload_id}",status="401"' in counted
    assert "upl_canary" not in counted
