"""The whole platform on one machine, as one supervised tree.

PostgreSQL, Temporal and the simulator first, then the tables, then the server and a worker for each task queue.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import psutil

from local.layout import CHECKOUT, Layout
from local.ports import listens
from local.supervisor import ChildFailed, ChildSpec, Supervisor, tail
from local.temporal import NAMESPACE, TemporalServer
from workflows.task_queues import ALL as QUEUES

DATABASE = "qianzhang"
PROBE_SECONDS = 5.0
MEGABYTE = 1024 * 1024


class Stack:
    """``report`` gets one line for each thing a person at the terminal wants to know."""

    def __init__(self, home: Path, report: Callable[[str], None]) -> None:
        self.layout = Layout(home)
        self.report = report
        self.supervisor = Supervisor(report)
        self.start_seconds = 0.0

    def start(self) -> None:
        """Raises AlreadyRunning, PostgresUnusable, TemporalMissing and ChildFailed; ``stop`` is due in any case."""
        began = time.monotonic()
        self.layout.claim()
        self._choose_ports()
        if "QIANZHANG_DATABASE_URL" not in os.environ:
            self.supervisor.start(self.layout.cluster.spec())
        self.supervisor.begin(self._temporal(), self._simulator())
        self._migrate()
        self.supervisor.wait_ready()
        self.supervisor.start(self._server(), *(self._worker(queue) for queue in QUEUES))
        self.supervisor.watch()
        self.start_seconds = time.monotonic() - began

    def stop(self) -> None:
        self.supervisor.stop()
        self.layout.cluster.release()
        self.layout.release()

    @property
    def server_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['server']}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['simulator']}"

    def addresses(self) -> dict[str, str]:
        return {
            "API": f"{self.server_url}/docs",
            "Temporal UI": self.temporal.ui,
            "Inbox": f"{self.simulator_url}/inbox",
            "Temporal": self.temporal.address,
            "Logs": str(self.layout.logs),
        }

    def pid(self, name: str) -> int:
        """Of the child that goes by this name now: ``postgres``, ``server``, ``worker ocr`` …"""
        pid = self.supervisor.children[name].pid
        assert pid is not None
        return pid

    def memory_megabytes(self) -> float:
        """Proportional set size of the whole tree, this process included: shared pages are counted once."""
        tree = [psutil.Process(), *psutil.Process().children(recursive=True)]
        return sum(int(process.memory_full_info().pss) for process in tree) / MEGABYTE

    def environment(self) -> dict[str, str]:
        """The settings of every child (models/settings.py); holds secrets."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("QIANZHANG_")}
        database_url = os.environ.get("QIANZHANG_DATABASE_URL") or self.layout.cluster.url(DATABASE)
        settings = {
            "environment": "development",
            "database_url": database_url,
            "temporal_address": self.temporal.address,
            "temporal_namespace": NAMESPACE,
            "storage_url": self.layout.objects.as_uri(),
            "master_key": self.layout.secret("master.key"),
            "public_url": self.server_url,
            "sms_url": self.simulator_url,
            "mail_url": self.simulator_url,
            "carrier_url": self.simulator_url,
            "registry_url": self.simulator_url,
            "provider_secret": self.layout.secret("provider.key"),
            "codec_origin": self.temporal.ui,
        }
        return inherited | {f"QIANZHANG_{name.upper()}": value for name, value in settings.items()}

    def _choose_ports(self) -> None:
        names = ("server", "simulator", "temporal", "temporal-http", "temporal-ui", "temporal-metrics")
        self.ports = self.layout.ports(*names)
        self.temporal = TemporalServer(
            self.layout.home / "temporal",
            self.layout.logs / "temporal.log",
            self.ports["temporal"],
            self.ports["temporal-http"],
            self.ports["temporal-ui"],
            self.ports["temporal-metrics"],
        )

    def _migrate(self) -> None:
        if "QIANZHANG_DATABASE_URL" not in os.environ:
            self.layout.cluster.create_database(DATABASE)
        log = self.layout.logs / "migrate.log"
        with log.open("wb") as opened:
            done = subprocess.run(
                [sys.executable, "-m", "cli", "migrate"],
                cwd=CHECKOUT,
                env=self.environment(),
                stdout=opened,
                stderr=subprocess.STDOUT,
            )
        if done.returncode:
            raise ChildFailed(f"migrate ended with code {done.returncode}; the last lines of {log}:\n{tail(log)}")

    def _temporal(self) -> ChildSpec:
        return self.temporal.spec(codec_endpoint=f"{self.server_url}/codec")

    def _simulator(self) -> ChildSpec:
        journal = self.layout.home / "simulator.jsonl"
        arguments = ["-m", "simulator", "--port", str(self.ports["simulator"]), "--journal", str(journal)]
        environment = {**os.environ, "QIANZHANG_PROVIDER_SECRET": self.layout.secret("provider.key")}
        return self._python("simulator", arguments, environment, self._simulator_answers)

    def _server(self) -> ChildSpec:
        arguments = ["-m", "cli", "server", "--port", str(self.ports["server"])]
        return self._python("server", arguments, self.environment(), self._server_answers)

    def _worker(self, queue: str) -> ChildSpec:
        return self._python(
            f"worker {queue}",
            ["-m", "cli", "worker", queue],
            self.environment(),
            lambda pid: self.temporal.polls(queue, pid),
        )

    def _python(
        self, name: str, arguments: list[str], environment: dict[str, str], ready: Callable[[int], bool]
    ) -> ChildSpec:
        return ChildSpec(
            name=name,
            command=[sys.executable, *arguments],
            log=self.layout.logs / f"{name.replace(' ', '-')}.log",
            ready=ready,
            environment=environment,
            directory=CHECKOUT,
        )

    def _simulator_answers(self, pid: int) -> bool:
        return listens(pid, self.ports["simulator"]) and answers(f"{self.simulator_url}/livez")

    def _server_answers(self, pid: int) -> bool:
        return listens(pid, self.ports["server"]) and answers(f"{self.server_url}/readyz")


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=PROBE_SECONDS, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False
