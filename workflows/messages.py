"""MessageDelivery: one message to one person, tried until the provider takes it or it is no longer worth sending."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError

from activities.messages import Messages
from workflows.task_queues import PROCESSES

WORTH_SENDING = timedelta(hours=24)
RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(minutes=30))


@workflow.defn
class MessageDelivery:
    """The message's id is the workflow's and the provider's, so it is sent once however often it is tried (V03)."""

    @workflow.run
    async def run(self, message_id: str) -> bool:
        try:
            await workflow.execute_activity_method(
                Messages.deliver,
                message_id,
                start_to_close_timeout=timedelta(seconds=20),
                schedule_to_close_timeout=WORTH_SENDING,
                retry_policy=RETRY,
            )
        except ActivityError:
            await workflow.execute_activity_method(
                Messages.give_up, message_id, start_to_close_timeout=timedelta(seconds=20)
            )
            return False
        return True


async def start_delivery(engine: Client, message_id: str) -> None:
    """Begin the delivery of a stored message; beginning it twice is the same."""
    with suppress(WorkflowAlreadyStartedError):
        await engine.start_workflow(
            MessageDelivery.run, message_id, id=message_id, task_queue=PROCESSES, rpc_timeout=timedelta(seconds=5)
        )
