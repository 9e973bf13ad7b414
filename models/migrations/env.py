"""Run by alembic."""

import asyncio
import importlib
import pkgutil

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import models

MIGRATION_LOCK = 0x716961


def every_table() -> None:
    for module in pkgutil.iter_modules(models.__path__, "models."):
        if not module.ispkg:
            importlib.import_module(module.name)


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        context.run_migrations()


async def run() -> None:
    engine = create_async_engine(str(context.config.get_main_option("sqlalchemy.url")))
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


every_table()
asyncio.run(run())
