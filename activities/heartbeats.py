"""Signs of life of a slow activity, so that a worker's death is noticed within seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

INTERVAL = 2.0


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats every two seconds while the block runs; the block must leave the event loop free."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(INTERVAL)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
