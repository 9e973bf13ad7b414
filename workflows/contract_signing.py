"""ContractSigning: parties consent, then everything is signed at once (escrow; P07, Q, T04).

1. The upload is prepared; the draft waits for its sender. 2. Sent: every party gets a link. 3. Parties open, read
and consent, each with a code; one may return it with a reason; the sender may withdraw; the deadline expires it.
4. After the last consent: intents stored, all signatures made, evidence deposited. 5. Completed, once; all are told.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.contract_signing import Consenting, Depositing, Drafting, Sealing
from models import contract_signing as messages
from models.contract_signing import Consented, ConsentRecord, Deposit, Opened, PartyAct, Returned, ReturnRecord
from models.errors import AlreadyConsented, ContractNotOpened
from models.processes import Act, Opening
from workflows.process import HEARTBEAT, PATIENT, SHORT, Process
from workflows.task_queues import SEALING

SEALING_TIME = timedelta(minutes=5)
"""Start-to-close of one attempt to prepare or seal, rendering of every page included."""


@workflow.defn
class ContractSigning(Process):
    """One contract from its draft to its evidence."""

    kind = "contract_signing"

    @workflow.init
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.parties: list[str] = []
        self.readers: set[str] = set()
        self.consented: set[str] = set()
        self.sent = False
        self.attempt = 0

    @workflow.run
    async def run(self, _opening: Opening) -> str:
        """Returns the final state, or ``refused`` when the document could not be prepared."""
        try:
            await self._prepare()
        except ActivityError as refusal:
            self.refusal = refusal
            await self.finish()
            return "refused"
        await self.open()
        while not self.ended:
            if self.state == "sealing":
                await self._seal()
            else:
                await self.next_act()
        await self._conclude()
        await self.finish()
        return self.state

    def may(self, role: str, act: Act) -> bool:
        if role == "party":
            return isinstance(act, PartyAct) and act.party_id in self.parties
        return super().may(role, act)

    @workflow.update
    async def send(self, act: Act) -> None:
        async with self.taking("send", act):
            await self.move("send", act.actor)
            self.sent = True
        await self.tell("sign_request", parties=self.parties)

    @send.validator
    def may_send(self, act: Act) -> None:
        self.require("send", act)

    @workflow.update(name="open")
    async def open_contract(self, act: PartyAct) -> None:
        async with self.taking("open", act):
            self.readers.add(act.party_id)
            await workflow.execute_activity_method(
                Consenting.open_contract,
                Opened(contract_id=self.id, party_id=act.party_id, at=workflow.now()),
                start_to_close_timeout=SHORT,
                retry_policy=PATIENT,
            )
            await self.move("open", act.actor, facts={"party": act.party_id})

    @open_contract.validator
    def may_open_contract(self, act: PartyAct) -> None:
        self.require("open", act)

    @workflow.update
    async def consent(self, act: Consented) -> None:
        async with self.taking("consent", act):
            self.require_first_consent(act)
            await workflow.execute_activity_method(
                Consenting.record_consent,
                ConsentRecord(contract_id=self.id, consent=act, at=workflow.now()),
                start_to_close_timeout=SHORT,
                retry_policy=PATIENT,
            )
            outstanding = len(self.parties) - len(self.consented)
            self.consented.add(act.party_id)
            await self.move("consent", act.actor, facts={"party": act.party_id}, outstanding=outstanding)

    @consent.validator
    def may_consent(self, act: Consented) -> None:
        self.require("consent", act)
        self.require_first_consent(act)

    def require_first_consent(self, act: Consented) -> None:
        if act.party_id in self.consented:
            raise AlreadyConsented
        if act.party_id not in self.readers:
            raise ContractNotOpened

    @workflow.update(name="return")
    async def return_contract(self, act: Returned) -> None:
        async with self.taking("return", act):
            await workflow.execute_activity_method(
                Consenting.record_return,
                ReturnRecord(contract_id=self.id, act=act),
                start_to_close_timeout=SHORT,
                retry_policy=PATIENT,
            )
            await self.move("return", act.actor, why="returned_by_party", facts={"party": act.party_id})

    @return_contract.validator
    def may_return_contract(self, act: Returned) -> None:
        self.require("return", act)

    @workflow.update
    async def withdraw(self, act: Act) -> None:
        async with self.taking("withdraw", act):
            await self.move("withdraw", act.actor, why="withdrawn_by_sender")

    @withdraw.validator
    def may_withdraw(self, act: Act) -> None:
        self.require("withdraw", act)

    async def _prepare(self) -> None:
        preparation = await workflow.execute_activity_method(
            Drafting.prepare_contract,
            self.id,
            task_queue=SEALING,
            start_to_close_timeout=SEALING_TIME,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PATIENT,
            summary="normalise the document, render its pages",
        )
        self.parties = preparation.parties

    async def _seal(self) -> None:
        """Plan, then sign; a plan whose certificates ran out before signing is made anew."""
        self.attempt += 1
        sealing = messages.Sealing(contract_id=self.id, attempt=self.attempt, at=workflow.now())
        plan = await workflow.execute_activity_method(
            Sealing.plan_signatures,
            sealing,
            task_queue=SEALING,
            start_to_close_timeout=SEALING_TIME,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PATIENT,
            summary="event certificates, base revision, intents",
        )
        if plan.lapsed:
            await self._ask_again(plan.lapsed)
            return
        try:
            await workflow.execute_activity_method(
                Sealing.apply_signatures,
                sealing,
                task_queue=SEALING,
                start_to_close_timeout=SEALING_TIME,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=PATIENT,
                summary="sign and timestamp",
            )
        except ActivityError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == "SealingStale":
                return
            raise
        await workflow.execute_activity_method(
            Depositing.deposit_evidence,
            Deposit(contract_id=self.id, number=self.new_id("evd"), at=workflow.now()),
            start_to_close_timeout=SHORT,
            retry_policy=PATIENT,
            summary="deposit the evidence",
        )
        await self.happen("complete")

    async def _ask_again(self, lapsed: list[str]) -> None:
        for party_id in lapsed:
            self.consented.discard(party_id)
            await workflow.execute_activity_method(
                Consenting.drop_consent, party_id, start_to_close_timeout=SHORT, retry_policy=PATIENT
            )
        await self.happen("ask_again", why="certificate_lapsed", facts={"parties": lapsed})

    async def _conclude(self) -> None:
        """Everyone who knew of it is told how it ended; a draft nobody saw ends quietly."""
        if not self.sent:
            return
        await self.tell(f"contract_{self.state}", parties=self.parties)
