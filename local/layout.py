"""Where a checkout keeps what it makes, and the secrets and ports drawn once per folder.

Everything is under the checkout's ``var/``; only a cluster that ``nobody`` could not reach there stands elsewhere
(local/postgres.py). So two checkouts side by side share nothing.
"""

import base64
import fcntl
import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import IO

from local.ports import free_port, is_free
from local.postgres import Cluster

CHECKOUT = Path(__file__).resolve().parent.parent
VAR = CHECKOUT / "var"


class AlreadyRunning(Exception):
    """Another process runs the stack of this folder."""


class Layout:
    """One stack's folder: ``var/stack`` of `make up`, ``var/demo/stack`` of `make demo`, a test's own."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.logs = self.home / "logs"
        self.objects = self.home / "objects"
        self.cluster = Cluster(self.home / "postgres")
        self.held: IO[bytes] | None = None

    def claim(self) -> None:
        """Raises AlreadyRunning."""
        for folder in (self.home, self.logs, self.objects):
            folder.mkdir(parents=True, exist_ok=True)
        self.held = (self.home / "lock").open("ab")
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise AlreadyRunning(f"the stack in {self.home} is already running; end it first") from None

    def release(self) -> None:
        if self.held is not None:
            self.held.close()
            self.held = None

    def remove(self) -> None:
        """Everything, the cluster too; raises AlreadyRunning."""
        self.claim()
        self.cluster.remove()
        shutil.rmtree(self.home)
        self.release()

    def secret(self, name: str) -> str:
        """32 bytes in base64, drawn at the first call; the file is readable by its owner only."""
        file = self.home / name
        if not file.exists():
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as opened:
                opened.write(base64.b64encode(secrets.token_bytes(32)).decode())
        return file.read_text()

    def ports(self, *names: str) -> dict[str, int]:
        """The same as last time where still free: certificates carry the address of their revocation list."""
        file = self.home / "ports.json"
        known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        chosen: dict[str, int] = {}
        for name in names:
            port = known.get(name)
            chosen[name] = port if port and is_free(port) else free_port(besides=chosen.values())
        file.write_text(json.dumps(chosen))
        return chosen


if __name__ == "__main__" and sys.argv[1:] == ["--remove"]:
    for home in (VAR / "stack", VAR / "demo" / "stack"):
        if home.exists():
            Layout(home).remove()
