"""Flows that do nothing: the engine's own cost of a process of a given shape, as the floor to measure ours against.

Beside bench/processes.py because the sandbox loads a workflow's module anew, and this one is cheap to load.
"""

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.workflow import ParentClosePolicy

SECONDS = timedelta(seconds=15)
Work = list[Any]
"""The task queue of each activity, in order; a list among them is a child flow, started only, with work of its own."""


@activity.defn
async def nothing() -> None:
    """Answers at once."""


@workflow.defn
class NoopDelivery:
    @workflow.run
    async def run(self, work: Work) -> None:
        await do(work)


@workflow.defn
class NoopProcess:
    """Ends when ``updates`` updates have done their work, and ``closing`` after them is done."""

    @workflow.init
    def __init__(self, updates: int, _closing: Work) -> None:
        self.outstanding = updates

    @workflow.run
    async def run(self, _updates: int, closing: Work) -> None:
        await workflow.wait_condition(lambda: self.outstanding == 0)
        await do(closing)
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update
    async def act(self, work: Work) -> None:
        await do(work)
        self.outstanding -= 1


async def do(work: Work) -> None:
    for part in work:
        if isinstance(part, list):
            await workflow.start_child_workflow(NoopDelivery.run, part, parent_close_policy=ParentClosePolicy.ABANDON)
        else:
            await workflow.execute_activity(nothing, task_queue=part, start_to_close_timeout=SECONDS)
