"""What keeps the structure true: sandboxed workflows, one file name per process, words for every code."""

import ast
import asyncio
import re
from pathlib import Path

import pytest
from temporalio import workflow

from models import errors
from models.states import LAWS, is_final
from models.wording import MESSAGES, WORDS
from worker import RUNNER, WORKFLOWS

ROOT = Path(__file__).parents[1]
ROWS = ("enterprise_verification", "willingness", "contract_signing")
COLUMNS = ("models/states", "models", "workflows", "activities", "api")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("row", ROWS)
def test_a_process_has_one_file_name_in_every_column(row: str) -> None:
    for column in COLUMNS:
        assert (ROOT / column / f"{row}.py").exists() or (ROOT / column / row).is_dir(), column


@pytest.mark.parametrize("defn", WORKFLOWS, ids=lambda cls: cls.__name__)
async def test_a_workflow_loads_inside_the_sandbox(defn: type) -> None:
    assert asyncio.get_running_loop()
    RUNNER.prepare_workflow(workflow._Definition.must_from_class(defn))


@pytest.mark.parametrize("path", sources("models/states"), ids=lambda path: path.stem)
def test_machines_hold_no_delay_no_threads_and_nothing_asynchronous(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in {"delay", "invoke"}]


@pytest.mark.parametrize("path", sources("workflows"), ids=lambda path: path.stem)
def test_workflow_code_reads_no_clock_and_no_randomness_of_its_own(path: Path) -> None:
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert not {
        name for name in called if re.fullmatch(r"(datetime|date|time|random|uuid|asyncio\.sleep|os)\..*", name)
    }
    assert "asyncio.sleep" not in called


def test_state_is_set_by_the_one_writer_alone() -> None:
    writers = {
        path.relative_to(ROOT).as_posix()
        for path in sources("api", "activities", "workflows", "models")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign) and any(ast.unparse(target).endswith("row.state") for target in node.targets)
    }
    assert writers == {"activities/records.py"}


def test_every_error_has_words_in_both_languages() -> None:
    concrete = [cls for cls in errors.all_errors() if not cls.__subclasses__()]
    wordless = [cls.code for cls in concrete if cls.code not in WORDS]
    assert wordless == []
    assert all(words.zh and words.en for words in WORDS.values())


def test_every_cause_a_workflow_gives_has_words() -> None:
    given = {
        match
        for path in sources("workflows")
        for match in re.findall(r'(?:why|deadline_passed)(?:: ClassVar\[str\])? ?= ?"([a-z_]+)"', path.read_text())
    }
    assert {"window_passed", "deadline_passed", "certificate_lapsed"} <= given
    assert given <= set(WORDS)


def test_every_message_a_workflow_sends_has_words() -> None:
    ends = [
        state for state in LAWS["contract_signing"].machine.states_map if state in ("returned", "withdrawn", "expired")
    ]
    templates = {f"contract_{state}" for state in [*ends, "completed"]}
    templates |= {"sign_request", "phone_check_code", "verification_verified", "verification_expired"}
    assert templates <= set(MESSAGES)


def is_end(state: str) -> bool:
    return is_final("contract_signing", state)


@pytest.mark.parametrize("kind", LAWS)
def test_one_verb_runs_through_address_update_and_machine(kind: str) -> None:
    row = "willingness" if kind == "phone_check" else kind
    router, flow = (ROOT / "api" / f"{row}.py").read_text(), (ROOT / "workflows" / f"{row}.py").read_text()
    for act in LAWS[kind].actors:
        assert f'/{act.replace("_", "-")}"' in router, act
        assert f'"{act}"' in flow, act
