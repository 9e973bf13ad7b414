"""Whether the server lives, whether what it needs answers, and its counts."""

import asyncio
from collections.abc import Awaitable
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlmodel import select

from api.dependencies import Engine, Store
from models.database import Database

router = APIRouter(tags=["operations"])

PATIENCE_SECONDS = 2.0
NEVER_STORED = f"readiness/{'0' * 64}"

Verdict = Literal["ok", "failed"]


class Readiness(BaseModel):
    database: Verdict
    temporal: Verdict
    storage: Verdict


@router.get("/livez")
async def livez() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(request: Request, response: Response, engine: Engine, store: Store) -> Readiness:
    verdicts = await asyncio.gather(
        verdict(select_one(request.app.state.database)),
        verdict(engine.service_client.check_health()),
        verdict(store.exists(NEVER_STORED)),
    )
    if "failed" in verdicts:
        response.status_code = 503
    database, temporal, storage = verdicts
    return Readiness(database=database, temporal=temporal, storage=storage)


async def select_one(database: Database) -> None:
    async with database.sessions() as session:
        await session.exec(select(1))


async def verdict(check: Awaitable[object]) -> Verdict:
    try:
        await asyncio.wait_for(check, PATIENCE_SECONDS)
    except Exception:
        return "failed"
    return "ok"


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
