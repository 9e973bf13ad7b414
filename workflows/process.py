"""The base of every process: its machine, one act at a time, every move published, deadlines as outcomes.

A process file derives from ``Process`` and then reads as a story: ``run`` walks the states in which the system
acts, updates are the acts of people. The machine decides what may follow; nothing else does.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError
from temporalio.workflow import ParentClosePolicy

from activities.messages import Messages
from activities.records import Records
from models.errors import EventNotAllowed, ResourceNotFound
from models.ids import id_from
from models.messages import MessageOrder
from models.processes import Act, Move, Opening
from models.states import LAWS, fire
from workflows import search_attributes
from workflows.messages import MessageDelivery

SHORT = timedelta(seconds=15)
"""Start-to-close of an activity that only touches our own database or asks a partner one question."""

HEARTBEAT = timedelta(seconds=10)
"""A slow activity that is silent for so long is taken to have died with its worker, and begun again."""

PATIENT = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10))
"""Faults of ours or of a partner are retried for ever; business refusals never (workflows/encryption.py)."""


OWNER_ROLES = frozenset({"applicant", "sender"})


class Process:
    """State is made in ``@workflow.init``, so an update that comes first finds it."""

    kind: ClassVar[str]
    deadline_passed: ClassVar[str] = "deadline_passed"
    """The code of the cause when the deadline ends the process."""

    def __init__(self, opening: Opening) -> None:
        self.id = opening.process_id
        self.opening = opening
        self.law = LAWS[self.kind]
        self.machine = self.law.machine()
        self.turn = asyncio.Lock()
        self.seq = 0
        self.is_open = False
        self.refusal: ActivityError | None = None
        self.open_children: set[str] = set()

    @property
    def state(self) -> str:
        return str(self.machine.current_state_value)

    @property
    def ended(self) -> bool:
        return bool(self.machine.is_terminated)

    def new_id(self, prefix: str) -> str:
        return id_from(prefix, int(workflow.now().timestamp() * 1000), workflow.random())

    @workflow.update
    async def opened(self) -> None:
        """Returns once the opening is published; fails with the reason when what was handed in is refused."""
        await workflow.wait_condition(lambda: self.is_open or self.refusal is not None)
        if self.refusal is not None:
            raise self.refusal

    async def open(self) -> None:
        await self._publish("open", self.opening.owner_account, None, None, {})
        self.is_open = True
        if self.opening.parent_id:
            parent = workflow.get_external_workflow_handle(self.opening.parent_id)
            await parent.signal("child_opened", self.id)

    @workflow.signal
    async def child_opened(self, child_id: str) -> None:
        """A child process has published itself, so the parent's view can name it."""
        self.open_children.add(child_id)

    def enabled(self, event: str, **guards: Any) -> bool:
        return any(e.id == event for e in self.machine.enabled_events(**guards))

    def require(self, event: str, act: Act) -> None:
        """The validator of every act: possible now, and by this account; a refusal leaves no history event."""
        if not self.may(self.law.actors[event], act):
            raise ResourceNotFound()
        if not self.enabled(event):
            raise EventNotAllowed(state=self.state, act=event)

    def may(self, role: str, act: Act) -> bool:
        """Whether the act's account holds the role; a process with more than its owner's says so itself."""
        return role in OWNER_ROLES and act.actor == self.opening.owner_account

    @asynccontextmanager
    async def taking(self, event: str, act: Act) -> AsyncIterator[None]:
        """One act at a time; what was possible on arrival is asked again when its turn comes."""
        async with self.turn:
            self.require(event, act)
            yield

    async def move(
        self,
        event: str,
        actor: str = "system",
        *,
        why: str | None = None,
        facts: dict[str, Any] | None = None,
        **guards: Any,
    ) -> None:
        """Transition and publication; the caller holds the turn."""
        before = self.state
        fire(self.machine, event, **guards)
        await self._publish(event, actor, before, why, facts or {})

    async def happen(self, event: str, **options: Any) -> bool:
        """An event of the system: taken if it is still possible when its turn comes."""
        async with self.turn:
            if not self.enabled(event):
                return False
            await self.move(event, **options)
            return True

    async def next_act(self) -> None:
        """Waits until a person has acted; at the deadline the process expires instead."""
        seen = self.seq
        remaining = self.opening.deadline - workflow.now() if self.opening.deadline else None
        try:
            await workflow.wait_condition(
                lambda: self.seq != seen and not self.turn.locked(),
                timeout=remaining and max(remaining, timedelta()),
                timeout_summary=f"deadline of {self.state}",
            )
        except TimeoutError:
            await self.happen("expire", why=self.deadline_passed)

    async def tell(self, template: str, *, accounts: Sequence[str] = (), parties: Sequence[str] = ()) -> None:
        """One message per person; each is delivered by a flow of its own, so no outage holds this one up."""
        people = [{"account_id": account} for account in accounts] + [{"party_id": party} for party in parties]
        orders = [
            MessageOrder(message_id=self.new_id("msg"), template=template, process_id=self.id, **person)
            for person in people
        ]
        await workflow.execute_activity_method(
            Messages.queue,
            orders,
            start_to_close_timeout=SHORT,
            retry_policy=PATIENT,
            summary=f"queue {len(orders)} × {template}",
        )
        await asyncio.gather(*(self.deliver(order.message_id) for order in orders))

    async def deliver(self, message_id: str) -> None:
        await workflow.start_child_workflow(
            MessageDelivery.run,
            message_id,
            id=message_id,
            parent_close_policy=ParentClosePolicy.ABANDON,
        )

    async def finish(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _publish(
        self, event: str, actor: str, before: str | None, why: str | None, facts: dict[str, Any]
    ) -> None:
        self.seq += 1
        act = workflow.current_update_info()
        move = Move(
            process_id=self.id,
            kind=self.kind,
            event=event,
            actor=actor,
            from_state=before,
            to_state=self.state,
            seq=self.seq,
            at=workflow.now(),
            act_id=act.id if act else None,
            owner_account=self.opening.owner_account,
            deadline=self.opening.deadline,
            waiting_for=self.law.waiting_for.get(self.state),
            enterprise_id=self.opening.enterprise_id,
            parent_id=self.opening.parent_id,
            final=self.ended,
            why=why,
            facts=facts,
        )
        self._show(move)
        await workflow.execute_activity_method(
            Records.move,
            move,
            start_to_close_timeout=SHORT,
            retry_policy=PATIENT,
            summary=f"{event}: {before or '·'} → {self.state}",
        )

    def _show(self, move: Move) -> None:
        """What operators see and search by in the Temporal UI."""
        updates: list[SearchAttributeUpdate[Any]] = [
            search_attributes.PROCESS.value_set(self.kind),
            search_attributes.STAGE.value_set(move.to_state),
            search_attributes.STAGE_SINCE.value_set(move.at),
            search_attributes.WAITING_FOR.value_set(move.waiting_for)
            if move.waiting_for
            else search_attributes.WAITING_FOR.value_unset(),
        ]
        if move.deadline:
            updates.append(search_attributes.DEADLINE.value_set(move.deadline))
        if move.enterprise_id:
            updates.append(search_attributes.ENTERPRISE_REF.value_set(move.enterprise_id))
        workflow.upsert_search_attributes(updates)
        workflow.set_current_details(
            f"**{move.to_state}** since {move.at:%Y-%m-%d %H:%M} UTC\n\n"
            f"waiting for: {move.waiting_for or 'nobody'}\n\ndeadline: {_shown(move.deadline)}"
        )


def _shown(point: datetime | None) -> str:
    return f"{point:%Y-%m-%d %H:%M} UTC" if point else "none"
