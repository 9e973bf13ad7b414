"""The database: one engine, transactions by ``async with``, and the shared parts of every table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession


def utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """Connections to PostgreSQL (``postgresql+asyncpg://…``)."""

    def __init__(self, url: str, pool_size: int = 15) -> None:
        self.engine = create_async_engine(
            url, pool_size=pool_size, max_overflow=15, pool_pre_ping=True, hide_parameters=True
        )
        self.sessions = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits at the end of the block, rolls back when it raises."""
        async with self.sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


def moment() -> Any:
    """Column type of every point in time: with time zone, kept in UTC."""
    return DateTime(timezone=True)
