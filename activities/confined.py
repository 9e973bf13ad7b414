"""Work on untrusted bytes in a child process of bounded memory, processor time and wall time.

It bounds resources and survives crashes; it is no sandbox against code that takes the child over.
"""

import atexit
import math
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, TypeVar

from models.errors import BusinessError, by_name

T = TypeVar("T")
Reason = Literal["crash", "time", "memory", "fault"]

ROOT = str(Path(__file__).resolve().parents[1])
CHILDREN = 2
CALLS_PER_CHILD = 100
START_SECONDS = 60.0
MEBIBYTE = 1024 * 1024


class ConfinementFailed(Exception):
    """The child died (``crash``), ran over its ``time`` or ``memory``, or raised what it should not (``fault``).

    ``detail`` names an exception class or an exit code, never an exception's text: that may quote the file.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def run_confined(function: Callable[..., T], *args: object, seconds: float, megabytes: int = 1024) -> T:
    """``function(*args)`` in a warm child; ``function`` is top-level in its module, arguments and result pickle.

    ``megabytes`` come on top of the address space that the loaded libraries take. Business errors are raised
    as themselves, everything else as ConfinementFailed.
    """
    with _slots:
        child = _idle.pop() if _idle else _Child()
        try:
            answer = child.answer(function, args, seconds, megabytes)
        except BaseException:
            child.end()
            raise
        if child.calls < CALLS_PER_CHILD:
            _idle.append(child)
        else:
            child.end()
    if answer.refusal is not None:
        raise (by_name(answer.refusal) or BusinessError)(**answer.facts)
    return answer.result  # type: ignore[return-value]


class _Answer:
    """A business error travels as name and facts: exceptions with keyword arguments do not pickle."""

    def __init__(self, result: object = None, refusal: str | None = None, facts: dict[str, object] | None = None):
        self.result = result
        self.refusal = refusal
        self.facts = facts or {}


class _Child:
    """A fresh interpreter rather than a fork: no threads' locks, no keys in memory or environment come along."""

    def __init__(self) -> None:
        ours, theirs = multiprocessing.Pipe()
        command = f"from activities.confined import serve; serve({theirs.fileno()})"
        self.process = subprocess.Popen(
            [sys.executable, "-c", command],
            pass_fds=[theirs.fileno()],
            env={"PYTHONPATH": os.pathsep.join([ROOT, *filter(None, sys.path)]), "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self.pipe = ours
        self.calls = 0

    def answer(
        self, function: Callable[..., object], args: tuple[object, ...], seconds: float, megabytes: int
    ) -> _Answer:
        self.calls += 1
        try:
            self.pipe.send((function, args, seconds, megabytes))
            self._receive(START_SECONDS)  # libraries are imported: the time starts
            answer = self._receive(seconds)
        except (EOFError, OSError) as error:
            raise ConfinementFailed("crash", str(self.process.wait())) from error
        if isinstance(answer, ConfinementFailed):
            raise answer
        assert isinstance(answer, _Answer)
        return answer

    def _receive(self, seconds: float) -> object:
        if not self.pipe.poll(seconds):
            raise ConfinementFailed("time")
        return self.pipe.recv()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.pipe.close()


_slots = threading.BoundedSemaphore(CHILDREN)
_idle: list[_Child] = []


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().end()


def serve(descriptor: int) -> None:
    """The child's life: ends with the parent, at the latest when the alarm of a running call rings."""
    pipe = Connection(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            function, args, seconds, megabytes = pipe.recv()
        except EOFError:
            return
        _limit(seconds, megabytes)
        pipe.send(None)
        pipe.send(_outcome(function, args))
        signal.alarm(0)
        _set_soft(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _outcome(function: Callable[..., object], args: tuple[object, ...]) -> _Answer | ConfinementFailed:
    try:
        return _Answer(function(*args))
    except BusinessError as error:
        return _Answer(refusal=type(error).__name__, facts=error.facts)
    except MemoryError:
        return ConfinementFailed("memory")
    except Exception as error:
        return ConfinementFailed("fault", type(error).__name__)


def _limit(seconds: float, megabytes: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set_soft(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + seconds) + 1)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _set_soft(resource.RLIMIT_AS, pages * resource.getpagesize() + megabytes * MEBIBYTE)
    signal.alarm(math.ceil(seconds) + 1)


def _set_soft(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
