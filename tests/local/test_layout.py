import base64
import socket
from pathlib import Path

import pytest

from local.layout import AlreadyRunning, Layout
from local.ports import PORTS, free_port, is_free


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "stack")
    made.claim()
    return made


def test_a_secret_is_drawn_once_and_readable_by_its_owner_only(layout: Layout) -> None:
    first = layout.secret("master.key")
    assert len(base64.b64decode(first)) == 32
    assert layout.secret("master.key") == first
    assert layout.secret("provider.key") != first
    assert (layout.home / "master.key").stat().st_mode & 0o777 == 0o600


def test_ports_stay_the_same_while_they_are_free(layout: Layout) -> None:
    first = layout.ports("server", "simulator")
    assert len(set(first.values())) == 2
    assert layout.ports("server", "simulator") == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first["server"]))
        other.listen()
        second = layout.ports("server", "simulator")
    assert second["server"] != first["server"]
    assert second["simulator"] == first["simulator"]


def test_one_folder_runs_one_stack(layout: Layout) -> None:
    with pytest.raises(AlreadyRunning):
        Layout(layout.home).claim()
    layout.release()
    Layout(layout.home).claim()


def test_free_ports_differ_and_are_free() -> None:
    taken = {free_port() for _ in range(50)}
    assert len(taken) > 25
    assert all(port in PORTS and is_free(port) for port in taken)


def test_remove_takes_everything_of_a_stopped_stack_and_nothing_of_a_running_one(layout: Layout) -> None:
    with pytest.raises(AlreadyRunning):
        Layout(layout.home).remove()
    assert layout.home.exists()
    layout.release()
    Layout(layout.home).remove()
    assert not layout.home.exists()
