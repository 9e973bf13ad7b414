"""One PostgreSQL cluster for all pytest-xdist workers of a run: the first that needs it starts it and stays last."""

import asyncio
import contextlib
import fcntl
import importlib
import pkgutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import models
from local.migration import MIGRATIONS, upgrade
from local.postgres import Cluster, run_sql

TEMPLATE = "qianzhang_template"


@contextlib.contextmanager
def held(file: Path, mode: int) -> Iterator[IO[bytes]]:
    with file.open("ab") as handle:
        fcntl.flock(handle, mode)
        yield handle


class SharedCluster:
    """``folder`` is common to the workers of one run and to nobody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "postgres", durable=False)
        self.ready = folder / "postgres.ready"
        self.users = (folder / "postgres.users").open("ab")
        self.started_here = False

    def enter(self) -> None:
        with held(self.folder / "postgres.gate", fcntl.LOCK_EX):
            fcntl.flock(self.users, fcntl.LOCK_SH)
            if not self.ready.exists():
                self.started_here = True
                self.cluster.start()
                self.cluster.create_database(TEMPLATE)
                create_tables(self.cluster.url(TEMPLATE))
                self.ready.touch()

    def leave(self) -> None:
        """The server ends with the process that started it, so that process waits for the others."""
        fcntl.flock(self.users, fcntl.LOCK_UN)
        while self.started_here:
            with held(self.folder / "postgres.gate", fcntl.LOCK_EX), contextlib.suppress(BlockingIOError):
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.ready.unlink(missing_ok=True)
                self.cluster.stop()
                self.cluster.remove()
                self.started_here = False
            time.sleep(0.05)
        self.users.close()

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        self.cluster.create_database(name, TEMPLATE)
        yield self.cluster.url(name)
        run_sql(self.cluster.url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def create_tables(url: str) -> None:
    """By the migrations, as every other database of ours; from the classes alone while there are none yet."""
    if (MIGRATIONS / "env.py").exists():
        upgrade(url)
    else:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, create_all(url)).result()


def import_rows() -> None:
    """SQLModel.metadata knows the tables of imported modules only."""
    for module in pkgutil.iter_modules(models.__path__, "models."):
        importlib.import_module(module.name)


async def create_all(url: str) -> None:
    import_rows()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    await engine.dispose()
