import os
import pwd
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.postgres import Cluster, PostgresUnusable, open_to_everyone, reachable_home, run_sql
from local.supervisor import Child, ChildFailed


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qianzhang-") as folder:
        yield Path(folder) / "postgres"


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qianzhang-") as folder:
        yield Path(folder) / "postgres"


@pytest.fixture(scope="module")
def cluster(shared_home: Path) -> Iterator[Cluster]:
    made = Cluster(shared_home)
    made.start()
    yield made
    made.stop()
    made.remove()


def server(cluster: Cluster) -> psutil.Process:
    assert cluster.child is not None
    return psutil.Process(cluster.child.pid)


def test_it_runs_without_root_and_with_its_own_folder_closed(cluster: Cluster) -> None:
    expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    assert server(cluster).uids().effective == expected
    assert cluster.data.stat().st_mode & 0o077 == 0
    assert (cluster.home / "password").stat().st_mode & 0o077 == 0


def test_it_opens_no_port_and_wants_the_password(cluster: Cluster) -> None:
    assert not [held for held in server(cluster).net_connections("inet") if held.status == "LISTEN"]
    password = (cluster.home / "password").read_text()
    with pytest.raises(Exception, match="password authentication failed"):
        run_sql(cluster.url().replace(password, "guessed"), "SELECT 1")


def test_text_is_utf8_compared_the_same_everywhere_and_pages_carry_checksums(cluster: Cluster) -> None:
    [row] = run_sql(cluster.url(), "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate FROM pg_database "
                                   "WHERE datname = 'template1'")  # fmt: skip
    assert (row["encoding"], row["datcollate"]) == ("UTF8", "C.UTF-8")
    assert run_sql(cluster.url(), "SHOW data_checksums")[0][0] == "on"
    assert run_sql(cluster.url(), "SHOW fsync")[0][0] == "on"


def test_what_was_committed_is_there_after_the_server_was_killed_with_open_sessions(cluster: Cluster) -> None:
    run_sql(cluster.url(), "DROP TABLE IF EXISTS kept", "CREATE TABLE kept (n int)")
    for turn in range(3):
        run_sql(cluster.url(), f"INSERT INTO kept VALUES ({turn})")
        os.kill(cluster.child.pid, signal.SIGKILL)
        cluster.child.process.wait()
        cluster.child.start()
        cluster.child.wait_ready()
    assert [row["n"] for row in run_sql(cluster.url(), "SELECT n FROM kept ORDER BY n")] == [0, 1, 2]


def test_a_pid_file_whose_number_is_another_programs_does_not_keep_it_from_starting(cluster: Cluster) -> None:
    cluster.child.stop()
    foreign = psutil.Process().pid
    (cluster.data / "postmaster.pid").write_text(f"{foreign}\n{cluster.data}\n1\n5432\n\n\n\n\n")
    if os.geteuid() == 0:
        os.chown(cluster.data / "postmaster.pid", cluster.data.stat().st_uid, -1)
    cluster.child.start()
    cluster.child.wait_ready()
    assert run_sql(cluster.url(), "SELECT 1")


def test_a_server_that_outlived_its_supervisor_is_ended_before_the_next_starts(home: Path) -> None:
    left = Cluster(home)
    left.start()
    orphan = left.child
    left.release()  # its supervisor is gone, the server is not
    again = Cluster(home)
    again.start()
    assert orphan.process.wait(10) == 0
    assert run_sql(again.url(), "SELECT 1")
    again.stop()
    again.remove()


def test_two_side_by_side_share_nothing(cluster: Cluster) -> None:
    with tempfile.TemporaryDirectory(prefix="qianzhang-") as folder:
        other = Cluster(Path(folder) / "postgres")
        other.start()
        try:
            identifiers = {run_sql(one.url(), "SELECT system_identifier FROM pg_control_system()")[0][0]
                           for one in (cluster, other)}  # fmt: skip
            assert identifiers == {cluster.system_identifier(), other.system_identifier()}
            assert len(identifiers) == 2
        finally:
            other.stop()
            other.remove()


def test_an_answer_of_another_cluster_is_not_taken_for_ours(cluster: Cluster, home: Path) -> None:
    other = Cluster(home)
    ready = other.spec().ready
    other.socket_folder().rmdir()
    other.socket_folder().symlink_to(cluster.socket_folder())
    (other.home / "password").write_text((cluster.home / "password").read_text())
    with pytest.raises(ChildFailed, match="is not the one started"):
        ready(os.getpid())
    other.release()
    other.remove()
    assert run_sql(cluster.url(), "SELECT 1")


@pytest.mark.usefixtures("cluster")
def test_the_folder_in_use_is_refused_to_a_second_supervisor(shared_home: Path) -> None:
    with pytest.raises(PostgresUnusable, match="another process already runs"):
        Cluster(shared_home).start()


def test_stop_is_quick_and_leaves_no_process(home: Path) -> None:
    made = Cluster(home)
    made.start()
    process = server(made)
    tree = [process, *process.children(recursive=True)]
    began = time.monotonic()
    made.stop()
    assert time.monotonic() - began < 5
    assert not any(one.is_running() for one in tree)
    made.remove()


def test_a_long_path_still_gets_a_socket() -> None:
    with tempfile.TemporaryDirectory(prefix="qianzhang-") as folder:
        made = Cluster(Path(folder) / ("long" * 25) / "postgres")
        made.start()
        assert run_sql(made.url(), "SELECT 1")
        made.stop()
        made.remove()
        assert not made.socket_folder().exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the cluster away")
def test_a_closed_parent_is_left_closed_and_the_cluster_stands_elsewhere() -> None:
    with tempfile.TemporaryDirectory(prefix="qianzhang-") as folder:
        made = Cluster(Path(folder) / "postgres")
        made.start()
        try:
            assert Path(folder).stat().st_mode & 0o077 == 0
            assert not made.home.is_relative_to(folder)
            assert made.home == reachable_home(Path(folder) / "postgres")
            assert open_to_everyone(made.home.parent)
        finally:
            made.stop()
            made.remove()
        assert not made.home.exists()


def test_initdb_that_was_interrupted_is_done_again(home: Path) -> None:
    made = Cluster(home)
    (made.home / "data.new").mkdir(parents=True)
    (made.home / "data.new" / "PG_VERSION").write_text("18")
    if os.geteuid() == 0:
        os.chown(made.home, pwd.getpwnam("nobody").pw_uid, -1)
    made.start()
    assert isinstance(made.child, Child)
    assert run_sql(made.url(), "SELECT 1")
    made.stop()
    made.remove()
