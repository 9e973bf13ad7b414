"""Validation: what holds and what does not in any PDF; one activity on the sealing queue, no state to keep."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.validation import Validating
from models.validation import ValidationReport
from workflows.process import HEARTBEAT
from workflows.task_queues import SEALING


@workflow.defn
class Validation:
    @workflow.run
    async def run(self, storage_key: str) -> ValidationReport:
        """The document lies under ``storage_key`` and is removed once judged."""
        return await workflow.execute_activity_method(
            Validating.validate_document,
            storage_key,
            task_queue=SEALING,
            schedule_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=HEARTBEAT,
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
