import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.ports import listens
from local.supervisor import Child, ChildFailed
from local.temporal import TemporalServer, attribute_arguments, temporal_binary
from workflows.search_attributes import ALL


@pytest.fixture
def server(tmp_path: Path, free_port: Callable[[], int]) -> TemporalServer:
    ports = [free_port() for _ in range(4)]
    return TemporalServer(tmp_path / "temporal", tmp_path / "temporal.log", *ports)


def test_the_program_is_found_beside_the_interpreter_whatever_path_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert temporal_binary().parent == Path(sys.executable).parent


def test_every_search_attribute_of_the_flows_is_registered() -> None:
    pairs = attribute_arguments()[1::2]
    assert [pair.split("=")[0] for pair in pairs] == [key.name for key in ALL]
    assert {pair.split("=")[1] for pair in pairs} == {"Keyword", "Datetime"}


def test_state_and_search_attributes_survive_a_kill(server: TemporalServer) -> None:
    child = Child(server.spec(codec_endpoint="http://127.0.0.1:1/codec"))
    child.start()
    child.wait_ready()
    try:
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait()
        child.start()
        child.wait_ready()  # ready means: the attributes are known again
        assert (server.home / "temporal.db-wal").exists()
    finally:
        child.stop()


def test_a_port_that_another_process_holds_is_not_taken_for_the_child(free_port: Callable[[], int]) -> None:
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", free_port()))
        ours.listen()
        port = ours.getsockname()[1]
        assert listens(os.getpid(), port)
        child = subprocess.Popen(["sleep", "60"])
        try:
            with pytest.raises(ChildFailed, match="held by another process"):
                listens(child.pid, port)
        finally:
            child.kill()
            child.wait()
