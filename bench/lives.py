"""A whole contract's life over HTTP, and the no-op flow of the same shape; the shape is read from a real history."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from sqlmodel import col, update
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from bench.noop import NoopDelivery, NoopProcess, Work
from local.visitor import CODE, Visitor
from models.accounts import contact_index
from models.challenges import Challenge, message_id
from models.database import Database
from models.ids import new_id
from models.keyring import Keyring
from tests.people import SAMPLES, Applicant
from workflows.task_queues import PROCESSES

PERSON = "李样例"
PLACES = ([{"page": 2, "x": 150, "y": 450}], [{"page": 2, "x": 385, "y": 450}])
call = asyncio.to_thread


class Lane(NamedTuple):
    """Two parties that sign with each other; each lane has its own, so that none waits for another's."""

    sender: Applicant
    person: Visitor


class Shape(NamedTuple):
    updates: list[tuple[str, Work]]
    closing: Work
    code: Work
    """Of the flow that delivers the code before each consent."""

    def work_of(self, name: str) -> Work:
        return next(work for known, work in self.updates if known == name)

    def counts(self) -> dict[str, int]:
        parts = [part for _, work in self.updates for part in work] + self.closing
        codes = [self.code for name, _ in self.updates if name == "consent"]
        flows = [part for part in parts if isinstance(part, list)]
        activities = len(parts) - len(flows) + sum(len(flow) for flow in flows + codes)
        return {"updates": len(self.updates), "activities": activities, "message_flows": len(flows + codes)}


class Lives:
    def __init__(self, client: Client, database: Database, keyring: Keyring) -> None:
        self.client = client
        self.database = database
        self.keyring = keyring
        self.challenges: dict[str, str] = {}
        """The newest of each contract."""
        self.steps: dict[str, list[float]] = defaultdict(list)
        """Milliseconds."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.steps[name].append((time.perf_counter() - began) * 1000)

    async def sent(self, lane: Lane) -> dict[str, Any]:
        sender, person = lane
        with self.step("upload"):
            document = await call(sender.upload, SAMPLES / "contract.pdf", "contract_document")
        parties = [
            {"name": sender.enterprise.name, "kind": "enterprise", "contact": sender.mobile,
             "enterprise_uscc": sender.enterprise.uscc, "fields": PLACES[0]},
            {"name": PERSON, "kind": "person", "contact": person.mobile, "fields": PLACES[1]},
        ]  # fmt: skip
        with self.step("create"):
            view = await call(sender.post, "/v1/contracts", title="样例合同", document=document, parties=parties)
        with self.step("send"):
            return await call(sender.act, view, "send")

    async def contract(self, lane: Lane) -> str:
        """From upload to evidence by people who take no time to read or to type. Its id."""
        view = await self.sent(lane)
        contract = str(view["id"])
        digest = view["subject"]["document_sha256"]
        for party in lane:
            with self.step("open"):
                await call(party.post, f"/v1/contracts/{contract}/open")
        for party in lane:
            with self.step("code"):
                proof = await self.code(party, contract)
            with self.step("consent"):
                await call(party.post, f"/v1/contracts/{contract}/consent", document_sha256=digest, **proof)
        with self.step("sealing, told to all"):
            await self.client.get_workflow_handle(contract).result()
        with self.step("evidence"):
            view = await call(lane.sender.process, contract)
            await call(lane.sender.get, f"/v1/evidence/{view['subject']['evidence_number']}")
        assert view["state"] == "completed"
        return contract

    async def code(self, party: Visitor, contract: str) -> dict[str, str]:
        """Read when its delivery ends, for looking again and again would be measured too."""
        await self.forget_quota(party)
        request = {"channel": "sms", "to": party.mobile, "purpose": "sign_contract", "subject": contract}
        challenge = (await call(party.post, "/v1/verification-codes", **request))["challenge_id"]
        self.challenges[contract] = challenge
        message = message_id(challenge)
        await self.client.get_workflow_handle(message).result()
        inbox = (await call(party.simulator.get, f"/inbox/{party.mobile}")).json()
        [text] = [one["text"] for one in inbox if one["id"] == message]
        return {"challenge_id": challenge, "code": CODE.findall(text)[0]}

    async def forget_quota(self, party: Visitor) -> None:
        """As if the party's codes were of the day before yesterday."""
        index = contact_index(self.keyring, party.mobile)
        async with self.database.transaction() as session:
            await session.exec(
                update(Challenge)
                .where(col(Challenge.contact_index) == index)
                .values(created_at=col(Challenge.created_at) - timedelta(days=2))
            )

    async def noop(self, shape: Shape) -> None:
        [(_, first), *rest] = shape.updates
        handle = await self.begun_noop(len(shape.updates), shape.closing, first)
        for name, work in rest:
            if name == "consent":
                await self.client.execute_workflow(NoopDelivery.run, shape.code, id=new_id("nop"), task_queue=PROCESSES)
            await handle.execute_update(NoopProcess.act, work, id=new_id("act"))
        await handle.result()

    async def begun_noop(self, updates: int, closing: Work, first: Work) -> WorkflowHandle[NoopProcess, None]:
        """Started as a process is: with its first update."""
        start: WithStartWorkflowOperation[NoopProcess, None] = WithStartWorkflowOperation(
            NoopProcess.run,
            args=[updates, closing],
            id=new_id("nop"),
            task_queue=PROCESSES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await self.client.execute_update_with_start_workflow(
            NoopProcess.act, first, start_workflow_operation=start, id=new_id("act")
        )
        return await start.workflow_handle()

    async def shape_of(self, contract: str) -> Shape:
        """What each update did between its acceptance and its answer; what no update did is the closing."""
        updates: dict[int, tuple[str, Work]] = {}
        closing: Work = []
        current = closing
        history = await self.client.get_workflow_handle(contract).fetch_history()
        for event in history.events:
            match event.event_type:
                case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                    request = event.workflow_execution_update_accepted_event_attributes.accepted_request
                    current = []
                    updates[event.event_id] = (request.input.name, current)
                case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
                    current = closing
                case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                    current.append(event.activity_task_scheduled_event_attributes.task_queue.name)
                case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
                    child = event.start_child_workflow_execution_initiated_event_attributes.workflow_id
                    current.append(await self._queues(child))
        return Shape(list(updates.values()), closing, await self._queues(message_id(self.challenges[contract])))

    async def _queues(self, flow: str) -> Work:
        """Of every activity the flow ran."""
        await self.client.get_workflow_handle(flow).result()
        events = (await self.client.get_workflow_handle(flow).fetch_history()).events
        scheduled = (event.activity_task_scheduled_event_attributes for event in events)
        return [one.task_queue.name for one in scheduled if one.activity_id]

    async def activity_times(self, contract: str) -> list[tuple[str, float, float]]:
        """Name, milliseconds until a worker took it, milliseconds of work; from the server's history."""
        names: dict[int, tuple[str, int]] = {}
        taken: dict[int, int] = {}
        times = []
        for event in (await self.client.get_workflow_handle(contract).fetch_history()).events:
            at = event.event_time.ToNanoseconds()
            match event.event_type:
                case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                    kind = event.activity_task_scheduled_event_attributes.activity_type.name
                    names[event.event_id] = (kind, at)
                case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                    taken[event.activity_task_started_event_attributes.scheduled_event_id] = at
                case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                    number = event.activity_task_completed_event_attributes.scheduled_event_id
                    name, scheduled = names[number]
                    times.append((name, (taken[number] - scheduled) / 1e6, (at - taken[number]) / 1e6))
        return times
