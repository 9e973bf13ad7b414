"""Child processes of one machine: started, proven ready, started again when they die, ended together.

A child leads a process group of its own, so that ending it ends what it started, and asks the kernel to be ended
when the thread that started it is gone (prctl(2) PR_SET_PDEATHSIG): a supervisor killed with -9 leaves nothing behind.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 10.0
GROUP_END_SECONDS = 2.0
"""What a child leaves behind is killed; how long to wait until it is really gone."""
POLL_SECONDS = 0.05
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
STEADY_SECONDS = 60.0
"""A child that lived this long is restarted at once, without the pause that earlier deaths earned."""
TAIL_LINES = 20

PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class ChildFailed(Exception):
    """A child ended, or did not become ready in time; the text names it and ends with its log's last lines."""


@dataclass(frozen=True)
class ChildSpec:
    """What to start, and how to know that the started process itself answers.

    ``ready`` gets the process id and returns False while it is too early; it raises ChildFailed when another
    process answers in its place. ``attempts`` is for programs whose first start may meet the remains of the last.
    """

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[[int], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    directory: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_whole_group: bool = True
    orphan_signal: signal.Signals = signal.SIGKILL
    before: Callable[[], None] = lambda: None
    ready_seconds: float = 60.0
    attempts: int = 1


def die_with_parent(parent: int, orphan_signal: int) -> None:
    """Runs in the child between fork and exec; the parent may already be gone by then."""
    if PRCTL is not None:
        PRCTL(PR_SET_PDEATHSIG, orphan_signal)
    if os.getppid() != parent:
        os._exit(1)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


class Child:
    """One child process; ``start`` may be called again after it died."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.answers = False

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        spec = self.spec
        spec.before()
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        account = pwd.getpwnam(spec.user) if spec.user else None
        with spec.log.open("ab") as log:
            self.process = subprocess.Popen(
                spec.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(spec.environment),
                cwd=spec.directory or "/",
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid(), spec.orphan_signal),
            )
        self.started_at = time.monotonic()
        self.answers = False

    def wait_ready(self) -> None:
        """Raises ChildFailed when the child ends or ``ready_seconds`` pass first."""
        for left in reversed(range(self.spec.attempts)):
            if self._becomes_ready():
                return
            if left:
                time.sleep(FIRST_PAUSE_SECONDS)
                self.start()
        raise ChildFailed(self.obituary())

    def _becomes_ready(self) -> bool:
        end = self.started_at + self.spec.ready_seconds
        while self.process is not None and self.process.poll() is None:
            if self.look():
                return True
            if time.monotonic() > end:
                raise ChildFailed(self._with_tail(f"is not ready after {self.spec.ready_seconds:.0f} s"))
            time.sleep(POLL_SECONDS)
        return False

    def look(self) -> bool:
        """Whether it is ready, now or already before; raises what ``spec.ready`` raises."""
        if not self.answers and self.process is not None:
            self.answers = self.spec.ready(self.process.pid)
        return self.answers

    def obituary(self) -> str:
        code = self.process.poll() if self.process else None
        how = f"was killed by {signal.Signals(-code).name}" if code and code < 0 else f"ended with code {code}"
        return self._with_tail(how)

    def _with_tail(self, what: str) -> str:
        return f"{self.spec.name} {what}; the last lines of {self.spec.log}:\n{tail(self.spec.log)}"

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self._send(self.spec.stop_signal, whole_group=self.spec.stop_whole_group)

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Ends the child and whatever is left of its group."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._send(signal.SIGKILL, whole_group=True)
        end = time.monotonic() + GROUP_END_SECONDS
        while self._send(signal.SIGKILL, whole_group=True) and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        self.process.wait()

    def _send(self, number: signal.Signals, *, whole_group: bool) -> bool:
        """Whether anybody was there to get it."""
        assert self.process is not None
        try:
            if whole_group:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)
        except ProcessLookupError:
            return False
        return True


class Supervisor:
    """Keeps children alive between ``start`` and ``stop``; ``report`` gets a line for each death and return.

    Call ``start`` from a thread that outlives the supervisor (the main one): the children end with their thread.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report
        self.children: dict[str, Child] = {}
        self.waves: list[list[Child]] = []
        self.deaths: dict[str, int] = {}
        self.due: dict[str, float] = {}
        """When a dead child is started again."""
        self.stopping = threading.Event()
        self.stopped = threading.Event()
        self.watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self, *specs: ChildSpec) -> None:
        """Starts all, then waits for all; raises ChildFailed, and then ``stop`` is still to be called."""
        self.begin(*specs)
        self.wait_ready()

    def begin(self, *specs: ChildSpec) -> None:
        children = [Child(spec) for spec in specs]
        self.waves.append(children)
        for child in children:
            self.children[child.spec.name] = child
            child.start()

    def wait_ready(self) -> None:
        """For every child begun so far; raises ChildFailed."""
        for child in self.children.values():
            child.wait_ready()

    def watch(self) -> None:
        """From now on a child that dies is named and started again."""
        self.watcher.start()

    def stop(self) -> None:
        """Ends what was started together together, the last first; never raises for a child already gone."""
        self.stopping.set()
        for wave in reversed(self.waves):
            for child in wave:
                child.ask_to_stop()
            for child in wave:
                child.stop()
        self.stopped.set()
        if self.watcher.is_alive():
            self.watcher.join()

    def _watch(self) -> None:
        while not self.stopping.wait(POLL_SECONDS):
            for child in self.children.values():
                if not self.stopping.is_set():
                    self._look_after(child)
        # The children this thread started end with it: it stays until they have been asked to stop properly.
        self.stopped.wait()

    def _look_after(self, child: Child) -> None:
        """Never waits for one child, for that one may be waiting for another."""
        name = child.spec.name
        if child.alive:
            self._greet(child)
        elif name not in self.due:
            self.report(child.obituary())
            self.due[name] = time.monotonic() + self._pause(child)
        elif time.monotonic() >= self.due[name]:
            del self.due[name]
            child.start()

    def _greet(self, child: Child) -> None:
        if child.answers:
            return
        try:
            if child.look():
                self.report(f"{child.spec.name} is back (pid {child.pid})")
        except ChildFailed as failure:
            self.report(str(failure))

    def _pause(self, child: Child) -> float:
        name = child.spec.name
        if time.monotonic() - child.started_at > STEADY_SECONDS:
            self.deaths[name] = 0
        self.deaths[name] = self.deaths.get(name, 0) + 1
        return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (self.deaths[name] - 1))
