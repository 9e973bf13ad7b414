"""The one view of every process (api.md), built from what is published; works with no worker up."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client

from api.errors import refusal
from models.accounts import Account
from models.errors import ContractComplete, EventNotAllowed, ResourceNotFound
from models.keyring import Keyring
from models.messages import Language
from models.processes import Act, Action, Process, ProcessEvent, ProcessView, Waiting
from models.states import acts_in, is_final
from models.wording import WORDS
from workflows.client import take


class Reader(NamedTuple):
    """Who reads, and with what."""

    session: AsyncSession
    keyring: Keyring
    account: Account
    language: Language


class Kind(NamedTuple):
    """How one kind of process appears in HTTP; its router registers it."""

    resource: str
    bodies: dict[str, type[BaseModel]]
    """The input of each act that has one."""
    roles: Callable[[Reader, Process], Awaitable[frozenset[str]]]
    """What the reader is in this process; nothing means it is not theirs to see."""
    subject: Callable[[Reader, Process], Awaitable[BaseModel]]
    withheld: Callable[[Reader, Process], Awaitable[frozenset[str]]]
    """Acts of the reader's roles that this reader has no more, or not yet."""


KINDS: dict[str, Kind] = {}


async def nothing_withheld(_reader: Reader, _process: Process) -> frozenset[str]:
    return frozenset()


async def process_seen_by(reader: Reader, process_id: str, kind: str | None = None) -> Process:
    """Raises ResourceNotFound, also for what exists and is not the reader's (no 403 across tenants)."""
    process = await reader.session.get(Process, process_id, populate_existing=True)
    if process is None or (kind is not None and process.kind != kind):
        raise ResourceNotFound
    if not await KINDS[process.kind].roles(reader, process):
        raise ResourceNotFound
    return process


async def actions(reader: Reader, process: Process) -> list[Action]:
    kind = KINDS[process.kind]
    withheld = await kind.withheld(reader, process)
    return [
        Action(
            name=act,
            href=f"/v1/{kind.resource}/{process.id}/{act.replace('_', '-')}",
            input_schema=kind.bodies[act].model_json_schema() if act in kind.bodies else {},
        )
        for act in acts_in(process.kind, process.state, await kind.roles(reader, process))
        if act not in withheld
    ]


async def view_of(reader: Reader, process: Process) -> ProcessView:
    children = await reader.session.exec(
        select(Process).where(Process.parent_id == process.id).order_by(col(Process.id))
    )
    words = WORDS.get(process.why or "")
    subject = await KINDS[process.kind].subject(reader, process)
    return ProcessView(
        id=process.id,
        kind=process.kind,
        state=process.state,
        since=process.since,
        deadline=process.deadline,
        waiting_for=waiting(process),
        why=words.in_language(reader.language, process.why_facts) if words else None,
        why_code=process.why,
        actions=await actions(reader, process),
        children=[{"id": child.id, "kind": child.kind, "state": child.state} for child in children],
        subject=subject.model_dump(mode="json"),
    )


def waiting(process: Process) -> Waiting | None:
    if process.waiting_for is None:
        return None
    owned = process.waiting_for in {"applicant", "sender"}
    return Waiting(who=process.waiting_for, account=process.owner_account if owned else None, since=process.since)


async def act_on(reader: Reader, engine: Client, process: Process, name: str, act: Act, act_id: str) -> ProcessView:
    """Take the act and answer with the view after it; a refusal lists the acts possible now (409)."""
    if await is_done(reader, process, act_id):
        return await view_of(reader, process)
    if is_final(process.kind, process.state):
        if process.state == "completed":
            raise ContractComplete(state=process.state, allowed=[])
        raise EventNotAllowed(state=process.state, act=name, allowed=[])
    await reader.session.commit()
    try:
        await take(engine, process.id, name, act, act_id)
    except Exception as error:
        refused = refusal(error)
        if isinstance(refused, EventNotAllowed):
            seen = await process_seen_by(reader, process.id)
            allowed: list[Any] = [action.name for action in await actions(reader, seen)]
            raise EventNotAllowed(state=seen.state, act=name, allowed=allowed) from error
        raise
    return await view_of(reader, await process_seen_by(reader, process.id))


async def is_done(reader: Reader, process: Process, act_id: str) -> bool:
    """Whether this very act was taken before: a client that lost the answer asks again under the same key."""
    found = await reader.session.exec(
        select(ProcessEvent.seq).where(ProcessEvent.process_id == process.id, ProcessEvent.act_id == act_id)
    )
    return found.first() is not None
