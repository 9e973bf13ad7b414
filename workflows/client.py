"""The one place a Temporal client is made, and the two ways the API speaks to a process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from models.keyring import Keyring
from models.processes import Act, Opening
from models.validation import ValidationReport
from workflows.encryption import data_converter
from workflows.task_queues import PROCESSES
from workflows.validation import Validation

PATIENCE = timedelta(seconds=10)
"""How long the API waits for a process before it answers 503 ("may still be applied")."""

VALIDATION_PATIENCE = timedelta(seconds=60)


async def connect(address: str, namespace: str, keyring: Keyring) -> Client:
    return await Client.connect(address, namespace=namespace, data_converter=data_converter(keyring))


async def open_process(engine: Client, run: Callable[..., Awaitable[Any]], opening: Opening) -> None:
    """Start the process, or meet the one already started under this id, and wait until its opening is published."""
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        run,
        opening,
        id=opening.process_id,
        task_queue=PROCESSES,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        static_summary=opening.process_id,
    )
    try:
        await engine.execute_update_with_start_workflow(
            "opened", start_workflow_operation=start, id=f"{opening.process_id}-opened", rpc_timeout=PATIENCE
        )
    except WorkflowAlreadyStartedError:
        return
    finally:
        with suppress(Exception):  # the handle's own future would otherwise log an error nobody fetched
            await asyncio.wait_for(start.workflow_handle(), 0.01)


async def take(engine: Client, process_id: str, name: str, act: Act, act_id: str) -> None:
    """A person's act; returns when it is done and published. ``act_id`` makes a repetition the same act."""
    handle = engine.get_workflow_handle(process_id)
    await handle.execute_update(name, act, id=act_id, rpc_timeout=PATIENCE)


async def validate(engine: Client, validation_id: str, storage_key: str) -> ValidationReport:
    """Judge the PDF under ``storage_key``; waits for the verdict."""
    report: ValidationReport = await engine.execute_workflow(
        Validation.run,
        storage_key,
        id=validation_id,
        task_queue=PROCESSES,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        rpc_timeout=VALIDATION_PATIENCE,
    )
    return report
