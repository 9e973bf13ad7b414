import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import psutil
import pytest

from local.layout import Layout
from local.stack import Stack
from local.visitor import Visitor

ROOT = Path(__file__).parents[2]
CHILDREN = ("postgres", "temporal", "simulator", "server", "worker processes", "worker ocr", "worker sealing")
FOREGROUND = """
import sys
from pathlib import Path
from rich.console import Console
from local.foreground import in_foreground, wait_for_signal
console = Console(width=200)
sys.exit(in_foreground(Path(sys.argv[1]), console, lambda _: wait_for_signal(console)))
"""


def until(condition: Callable[[], bool], seconds: float = 90.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def newcomer(stack: Stack) -> Visitor:
    visitor = Visitor(stack.server_url, stack.simulator_url, f"1990{random.randrange(1_000_000, 10_000_000)}")
    visitor.register("王样例")
    return visitor


def test_every_part_runs_as_a_child_of_its_own(stack: Stack) -> None:
    assert tuple(stack.supervisor.children) == CHILDREN
    assert len({stack.pid(name) for name in CHILDREN}) == len(CHILDREN)
    if os.geteuid() == 0:
        assert psutil.Process(stack.pid("postgres")).username() == "nobody"


def test_the_temporal_ui_decodes_by_the_server_and_only_for_its_own_pages(stack: Stack) -> None:
    settings = httpx2.get(f"{stack.temporal.ui}/api/v1/settings", trust_env=False).json()
    endpoint = settings["Codec"]["Endpoint"]
    assert endpoint == f"{stack.server_url}/codec"
    asked = {"origin": stack.temporal.ui, "access-control-request-method": "POST"}
    answer = httpx2.request("OPTIONS", f"{endpoint}/decode", headers=asked, trust_env=False)
    assert answer.headers["access-control-allow-origin"] == stack.temporal.ui


def test_no_secret_stands_in_a_log_or_on_a_command_line(stack: Stack) -> None:
    newcomer(stack)
    secrets = [stack.layout.secret("master.key"), stack.layout.secret("provider.key")]
    secrets.append((stack.layout.cluster.home / "password").read_text())
    told = "".join(log.read_text() for log in stack.layout.logs.iterdir())
    told += "".join(" ".join(psutil.Process(stack.pid(name)).cmdline()) for name in CHILDREN)
    assert told
    assert not [secret for secret in secrets if secret in told]


def test_server_and_workers_log_json_lines_only(stack: Stack) -> None:
    newcomer(stack)
    lines = (stack.layout.logs / "server.log").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert any(line["event"] == "request" and line["route"] == "/v1/accounts" for line in told)


@pytest.mark.parametrize("name", ["postgres", "temporal", "worker processes"])
def test_one_killed_part_comes_back_and_the_platform_serves_again(stack: Stack, name: str) -> None:
    old = stack.pid(name)
    os.kill(old, signal.SIGKILL)
    child = stack.supervisor.children[name]
    assert until(lambda: child.pid != old and child.answers)
    assert newcomer(stack).get("/v1/me")["name"] == "王样例"


def test_what_was_answered_is_there_after_every_part_was_killed_at_once(stack: Stack) -> None:
    visitor = newcomer(stack)
    before = visitor.get("/v1/me")
    messages = visitor.inbox_size(visitor.mobile)
    old = {name: stack.pid(name) for name in CHILDREN}
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    children = stack.supervisor.children.values()
    assert until(lambda: all(child.pid != old[child.spec.name] and child.answers for child in children))
    assert visitor.get("/v1/me") == before
    assert visitor.inbox_size(visitor.mobile) == messages
    assert newcomer(stack).get("/v1/me")["name"] == "王样例"


def test_a_second_stack_beside_it_shares_nothing_and_ctrl_c_ends_all_of_it(stack: Stack, tmp_path: Path) -> None:
    home = tmp_path / "beside"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", FOREGROUND, home], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as second:
        lines = iter(second.stdout.readline, "")
        assert any("Ctrl-C ends everything" in line for line in lines)
        tree = psutil.Process(second.pid).children(recursive=True)
        ports = json.loads((home / "ports.json").read_text())
        assert not set(ports.values()) & set(stack.ports.values())
        assert len(tree) >= len(CHILDREN)
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 0
    assert not [child for child in tree if child.is_running()]
    Layout(home).remove()
    assert httpx2.get(f"{stack.server_url}/readyz", trust_env=False).status_code == 200


def test_a_part_that_cannot_start_is_named_with_its_log_and_nothing_stays(tmp_path: Path) -> None:
    home = tmp_path / "broken"
    unreachable = {**os.environ, "QIANZHANG_DATABASE_URL": "postgresql+asyncpg://somebody:guessed@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-c", FOREGROUND, home],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env=unreachable,
    )
    assert done.returncode == 1
    assert "migrate ended with code 1; the last lines of" in done.stdout
    assert "ConnectionRefusedError" in done.stdout
    assert "guessed" not in done.stdout
    running = psutil.process_iter(["cmdline"])
    assert not [one for one in running if str(home) in " ".join(one.info["cmdline"] or [])]
