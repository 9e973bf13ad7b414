"""EnterpriseVerification: an enterprise proves who it is (C, D, E).

1. The pictures are read (recognizing); a wrong one is asked for again. 2. The applicant confirms or corrects.
3. The registry agrees and the code is claimed. 4. A method is chosen and the legal representative's will checked,
in a child. 5. The certificate and the default seal are made: verified. Seven days without finishing (C15), or a
withdrawal (E02), erase what was submitted and release the claim.
"""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError

from activities.enterprise_verification import Recognizing, Verifying
from models.enterprise_verification import (
    Claim,
    Erasure,
    FactsConfirmed,
    Issuance,
    MaterialsSubmitted,
    MethodChosen,
)
from models.processes import Act, Opening
from workflows.process import HEARTBEAT, PATIENT, SHORT, Process
from workflows.task_queues import OCR
from workflows.willingness import ASK_TWICE, PhoneCheck

READING_TIME = timedelta(seconds=90)
"""Beyond it the applicant types the facts in: a process never waits for the OCR."""

METHODS = {"phone": PhoneCheck}


@workflow.defn
class EnterpriseVerification(Process):
    """One licence's way from photographs to a verified enterprise."""

    kind = "enterprise_verification"
    deadline_passed = "window_passed"

    @workflow.init
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.check: workflow.ChildWorkflowHandle[PhoneCheck, str] | None = None

    @workflow.run
    async def run(self, _opening: Opening) -> str:
        """Returns the final state."""
        await self.open()
        while not self.ended:
            match self.state:
                case "recognizing":
                    await self._recognize()
                case "checking_willingness":
                    await self._check_willingness()
                case "issuing_certificate":
                    await self._issue_certificate()
                case _:
                    await self.next_act()
        await self._conclude()
        await self.finish()
        return self.state

    @workflow.update
    async def submit_materials(self, act: MaterialsSubmitted) -> None:
        async with self.taking("submit_materials", act):
            await workflow.execute_activity_method(
                Verifying.replace_materials,
                args=[self.id, act.materials],
                start_to_close_timeout=SHORT,
                retry_policy=PATIENT,
            )
            await self.move("submit_materials", act.actor)

    @submit_materials.validator
    def may_submit_materials(self, act: MaterialsSubmitted) -> None:
        self.require("submit_materials", act)

    @workflow.update
    async def confirm(self, act: FactsConfirmed) -> None:
        async with self.taking("confirm", act):
            await workflow.execute_activity_method(
                Verifying.claim_enterprise,
                Claim(process_id=self.id, account_id=act.actor, fields=act.fields, at=workflow.now()),
                start_to_close_timeout=SHORT,
                retry_policy=ASK_TWICE,
                summary="hold against the registry, claim the code",
            )
            await self.move("confirm", act.actor)

    @confirm.validator
    def may_confirm(self, act: FactsConfirmed) -> None:
        self.require("confirm", act)

    @workflow.update
    async def choose_method(self, act: MethodChosen) -> None:
        async with self.taking("choose_method", act):
            child = self.opening.model_copy(update={"process_id": self.new_id("prc"), "parent_id": self.id})
            self.check = await workflow.start_child_workflow(METHODS[act.method].run, child, id=child.process_id)
            await self.move("choose_method", act.actor, facts={"method": act.method})
        await workflow.wait_condition(lambda: child.process_id in self.open_children)

    @choose_method.validator
    def may_choose_method(self, act: MethodChosen) -> None:
        self.require("choose_method", act)

    @workflow.update
    async def withdraw(self, act: Act) -> None:
        async with self.taking("withdraw", act):
            await self.move("withdraw", act.actor, why="withdrawn_by_applicant")

    @withdraw.validator
    def may_withdraw(self, act: Act) -> None:
        self.require("withdraw", act)

    async def _recognize(self) -> None:
        try:
            found = await workflow.execute_activity_method(
                Recognizing.recognize_materials,
                self.id,
                task_queue=OCR,
                schedule_to_close_timeout=READING_TIME,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=RetryPolicy(maximum_attempts=3),
                summary="read the licence and the ID card",
            )
        except ActivityError:
            await self.happen("recognize", why="recognition_unavailable")
            return
        if found.problem:
            await self.happen("ask_materials", why=found.problem, facts=found.facts)
        else:
            await self.happen("recognize")

    async def _check_willingness(self) -> None:
        """The child ends by itself; when the applicant leaves first, it is told."""
        check = self.check
        if check is None:
            raise RuntimeError("no check was started")
        await workflow.wait_condition(lambda: check.done() or self.state != "checking_willingness")
        if not check.done():
            with suppress(FailureError):  # it may just have ended
                await check.signal(PhoneCheck.abandoned)
        try:
            outcome = await check
        except FailureError:  # ended by an operator
            outcome = "failed"
        self.check = None
        if outcome == "proven":
            await self.happen("prove_willingness")
        elif outcome == "expired":
            await self.happen("expire", why="window_passed")
        else:
            await self.happen("fail_willingness", why="phone_check_failed")

    async def _issue_certificate(self) -> None:
        issuance = Issuance(
            process_id=self.id,
            account_id=self.opening.owner_account,
            enterprise_id=self.new_id("ent"),
            seal_id=self.new_id("sel"),
            at=workflow.now(),
        )
        await workflow.execute_activity_method(
            Verifying.issue_enterprise,
            issuance,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
            summary="certificate, default seal, main administrator",
        )
        self.opening = self.opening.model_copy(update={"enterprise_id": issuance.enterprise_id})
        await self.happen("issue_certificate")

    async def _conclude(self) -> None:
        if self.state != "verified":
            await workflow.execute_activity_method(
                Verifying.erase_materials,
                Erasure(process_id=self.id, receipt_id=self.new_id("rcp"), reason=self.state, at=workflow.now()),
                start_to_close_timeout=SHORT,
                retry_policy=PATIENT,
                summary="erase what was submitted, release the claim",
            )
        if self.state != "withdrawn":
            await self.tell(f"verification_{self.state}", accounts=[self.opening.owner_account])
