import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from local.supervisor import Child, ChildFailed, ChildSpec, Supervisor

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
WITH_GRANDCHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"


def spec(folder: Path, program: str, name: str = "sleeper", **other: object) -> ChildSpec:
    log = folder / f"{name}.log"
    fields: dict[str, object] = {"ready": lambda _: True} | other
    return ChildSpec(name=name, command=[sys.executable, "-c", program], log=log, **fields)


def until(condition: object, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_child_that_dies_before_it_is_ready_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child(spec(tmp_path, "for n in range(50): print('line', n)\nraise SystemExit(3)", ready=lambda _: False))
    child.start()
    with pytest.raises(ChildFailed) as caught:
        child.wait_ready()
    told = str(caught.value)
    assert told.startswith("sleeper ended with code 3")
    assert told.endswith("line 49")
    assert "line 20" not in told


def test_a_child_that_is_not_ready_in_time_is_told_apart_from_a_dead_one(tmp_path: Path) -> None:
    child = Child(spec(tmp_path, SLEEPS, ready=lambda _: False, ready_seconds=0.5))
    child.start()
    with pytest.raises(ChildFailed, match=r"sleeper is not ready after 0 s|sleeper is not ready after 1 s"):
        child.wait_ready()
    child.stop()


def test_a_killed_child_is_named_and_started_again(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(lines.append)
    supervisor.start(spec(tmp_path, SLEEPS))
    supervisor.watch()
    child = supervisor.children["sleeper"]
    first = child.pid
    os.kill(first, signal.SIGKILL)
    assert until(lambda: len(lines) == 2)
    assert lines[0].startswith("sleeper was killed by SIGKILL")
    assert lines[1] == f"sleeper is back (pid {child.pid})"
    assert child.pid != first
    supervisor.stop()
    assert not psutil.pid_exists(child.pid)


def test_a_child_that_dies_again_and_again_is_started_with_growing_pauses(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(lines.append)
    supervisor.start(spec(tmp_path, "raise SystemExit(1)"))
    supervisor.watch()
    time.sleep(2.5)
    supervisor.stop()
    deaths = supervisor.deaths["sleeper"]
    assert 2 <= deaths <= 4  # 0.25 s, 0.5 s, 1 s … between them


def test_stop_ends_a_child_that_ignores_the_request_and_everything_it_started(tmp_path: Path) -> None:
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WITH_GRANDCHILD}"
    child = Child(spec(tmp_path, stubborn))
    child.start()
    process = psutil.Process(child.pid)
    assert until(process.children)
    tree = [process, *process.children()]
    child.stop(grace_seconds=0.3)
    assert until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in tree))


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from local.supervisor import Child, ChildSpec
        child = Child(ChildSpec("sleeper", [sys.executable, "-c", {SLEEPS!r}], Path({str(tmp_path)!r}) / "log",
                                lambda pid: True))
        child.start()
        print(child.pid, flush=True)
        time.sleep(600)
    """)
    supervisor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(supervisor.stdout.readline()))
    supervisor.kill()
    supervisor.wait()
    assert until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_stop_does_not_wait_for_a_pause_before_a_restart(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    supervisor.start(spec(tmp_path, "raise SystemExit(1)"))
    supervisor.watch()
    time.sleep(1.2)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 1.5
    assert threading.active_count() >= 1
