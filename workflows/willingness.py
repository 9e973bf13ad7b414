"""Willingness checks (意愿性校验, D): each method a small workflow of its own, used by every process that needs one.

PhoneCheck: 1. the legal representative's mobile is given; 2. the operators confirm that it is his (D03);
3. a code is sent to it; 4. the right code proves his will. It ends proven, failed, abandoned or expired.
"""

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.willingness import PhoneChecking
from models.challenges import message_id
from models.processes import Opening
from models.willingness import (
    PHONE_CHECK_ASKS,
    CodeAsked,
    CodeCheck,
    CodeDispatch,
    CodeSubmitted,
    PhoneCheckOpening,
)
from workflows.process import PATIENT, SHORT, Process

ASK_TWICE = RetryPolicy(maximum_attempts=2)
"""A person is waiting: a partner that does not answer twice is reported to them, not retried behind their back."""


@workflow.defn
class PhoneCheck(Process):
    """The legal representative's own mobile (D03)."""

    kind = "phone_check"

    @workflow.init
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.asks = 0

    @workflow.run
    async def run(self, opening: Opening) -> str:
        """Returns the final state."""
        await workflow.execute_activity_method(
            PhoneChecking.open_phone_check,
            PhoneCheckOpening(process_id=self.id, parent_id=opening.parent_id or "", at=workflow.now()),
            start_to_close_timeout=SHORT,
            retry_policy=PATIENT,
        )
        await self.open()
        while not self.ended:
            await self.next_act()
        await workflow.execute_activity_method(
            PhoneChecking.close_phone_check, self.id, start_to_close_timeout=SHORT, retry_policy=PATIENT
        )
        await self.finish()
        return self.state

    @workflow.update
    async def send_code(self, act: CodeAsked) -> None:
        async with self.taking("send_code", act):
            if self.asks >= PHONE_CHECK_ASKS:
                await self.move("fail", why="phone_check_failed")
                return
            self.asks += 1
            dispatch = CodeDispatch(
                process_id=self.id,
                challenge_id=self.new_id("chl"),
                mobile=act.mobile,
                at=workflow.now(),
            )
            await workflow.execute_activity_method(
                PhoneChecking.send_phone_code,
                dispatch,
                start_to_close_timeout=SHORT,
                retry_policy=ASK_TWICE,
                summary="ask the operators, queue the code",
            )
            await self.deliver(message_id(dispatch.challenge_id))
            await self.move("send_code", act.actor)

    @send_code.validator
    def may_send_code(self, act: CodeAsked) -> None:
        self.require("send_code", act)

    @workflow.update
    async def submit_code(self, act: CodeSubmitted) -> None:
        async with self.taking("submit_code", act):
            await workflow.execute_activity_method(
                PhoneChecking.check_phone_code,
                CodeCheck(process_id=self.id, code=act.code, at=workflow.now()),
                start_to_close_timeout=SHORT,
                retry_policy=PATIENT,
            )
            await self.move("submit_code", act.actor)

    @submit_code.validator
    def may_submit_code(self, act: CodeSubmitted) -> None:
        self.require("submit_code", act)

    @workflow.signal
    async def abandoned(self) -> None:
        """The process that asked for the check needs it no longer."""
        await self.happen("abandon")
