import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from activities import confined
from activities.confined import ConfinementFailed, run_confined
from models.errors import ImageTooSmall


def add(one: int, other: int) -> int:
    return one + other


def die() -> None:
    os.abort()


def sleep() -> None:
    time.sleep(30)


def spin() -> None:
    while True:
        pass


def fill(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def refuse() -> None:
    raise ImageTooSmall(limit=300)


def stumble() -> None:
    raise KeyError("张三样例")


def process() -> int:
    return os.getpid()


def secrets() -> list[str]:
    return sorted(os.environ)


def nap_and_tell() -> int:
    time.sleep(0.2)
    return os.getpid()


def test_returns_the_result():
    assert run_confined(add, 2, 3, seconds=5) == 5


def test_business_errors_keep_class_and_facts():
    with pytest.raises(ImageTooSmall) as refusal:
        run_confined(refuse, seconds=5)
    assert refusal.value.facts == {"limit": 300}


def test_a_crash_is_told_and_the_next_call_works():
    with pytest.raises(ConfinementFailed) as failure:
        run_confined(die, seconds=5)
    assert failure.value.reason == "crash"
    assert run_confined(add, 1, 1, seconds=5) == 2


@pytest.mark.parametrize("function", [sleep, spin])
def test_an_endless_call_is_killed_in_time(function):
    start = time.monotonic()
    with pytest.raises(ConfinementFailed) as failure:
        run_confined(function, seconds=0.5)
    assert failure.value.reason == "time"
    assert time.monotonic() - start < 15


def test_memory_is_bounded_above_what_the_libraries_take():
    assert run_confined(fill, 60, seconds=5, megabytes=128) == 60 * 1024 * 1024
    with pytest.raises(ConfinementFailed) as failure:
        run_confined(fill, 400, seconds=5, megabytes=128)
    assert failure.value.reason == "memory"


def test_a_fault_names_its_class_and_never_its_text():
    with pytest.raises(ConfinementFailed) as failure:
        run_confined(stumble, seconds=5)
    assert (failure.value.reason, failure.value.detail) == ("fault", "KeyError")
    assert "样例" not in str(failure.value)


def test_the_child_stays_warm():
    first = run_confined(process, seconds=5)
    assert first != os.getpid()
    assert run_confined(process, seconds=5) == first


def test_the_child_knows_none_of_our_environment(monkeypatch):
    confined._end_idle()
    monkeypatch.setenv("QIANZHANG_SECRET", "invented")
    assert "QIANZHANG_SECRET" not in run_confined(secrets, seconds=5)


def test_callers_at_once_share_a_bounded_number_of_children():
    with ThreadPoolExecutor(6) as callers:
        children = set(callers.map(lambda _: run_confined(nap_and_tell, seconds=10), range(6)))
    assert 1 <= len(children) <= confined.CHILDREN


def test_a_child_ends_when_its_parent_does():
    script = (
        "import os, sys\n"
        "from activities.confined import run_confined\n"
        "from tests.activities.test_confined import process\n"
        "print(run_confined(process, seconds=5), flush=True)\n"
        "os._exit(0)\n"  # no atexit: as if killed
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    child = int(done.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and _state(child) != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
