"""Recorded histories of every workflow replay on today's code."""

import base64
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from models.keyring import Keyring
from tests.platform import TEST_KEY
from worker import REFUSALS, RUNNER, WORKFLOWS
from workflows.encryption import data_converter

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def test_every_workflow_has_a_recorded_history() -> None:
    recorded = {history.name.partition(".")[0].replace("_", "") for history in HISTORIES}
    assert recorded == {workflow.__name__.lower() for workflow in WORKFLOWS}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(history: Path) -> None:
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter(Keyring(base64.b64decode(TEST_KEY))),
        workflow_runner=RUNNER,
        workflow_failure_exception_types=REFUSALS,
    )
    await replayer.replay_workflow(WorkflowHistory.from_json(history.stem, history.read_text()))
