"""One PostgreSQL cluster for all pytest-xdist workers of a run: the first that needs it starts it and stays last."""

import contextlib
import fcntl
import hashlib
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from local.postgres import Cluster, run_sql
from models.migrations import upgrade

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
        mark = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        self.cluster = Cluster(Path(tempfile.gettempdir()) / f"qianzhang-tests-{mark}", durable=False)
        self.ready = folder / "postgres.ready"
        self.users = (folder / "postgres.users").open("ab")
        self.started_here = False

    def enter(self) -> None:
        with held(self.folder / "postgres.gate", fcntl.LOCK_EX):
            fcntl.flock(self.users, fcntl.LOCK_SH)
            if not self.ready.exists():
                self.started_here = True
                self._start()

    def _start(self) -> None:
        try:
            self.cluster.start()
            self.cluster.create_database(TEMPLATE)
            create_tables(self.cluster.url(TEMPLATE))
        except Exception:
            self.cluster.stop()
            self.cluster.remove()
            raise
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
    """By the migrations, in a thread of their own: they run an event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(upgrade, url).result()
