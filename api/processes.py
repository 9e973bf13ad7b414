"""Every process in one style: list, look, follow its events."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel
from sqlmodel import col, or_, select
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.dependencies import CurrentReader
from api.idempotency import TransactionRoute
from api.views import Reader, process_seen_by, view_of
from models.contract_signing import Party
from models.database import Database
from models.enterprises import Member
from models.errors import RequestInvalid
from models.processes import Process, ProcessEvent, ProcessEventView, ProcessView
from models.states import is_final

router = APIRouter(route_class=TransactionRoute, tags=["processes"])

POLL_SECONDS = 0.5


class ProcessSummary(BaseModel):
    """One line of a list."""

    id: str
    kind: str
    state: str
    waiting_for: str | None


class ProcessPage(BaseModel):
    items: list[ProcessSummary]
    next_cursor: str | None


class ProcessEventPage(BaseModel):
    """All events; a process has few."""

    items: list[ProcessEventView]
    next_cursor: None = None


@router.get("/v1/processes")
async def list_processes(
    reader: CurrentReader,
    kind: str | None = None,
    state: str | None = None,
    waiting_for: str | None = None,
    enterprise: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ProcessPage:
    """Newest first: what the account owns, is a party of, or administers the enterprise of."""
    statement = select(Process).where(visible_to(reader)).order_by(col(Process.id).desc()).limit(limit + 1)
    wanted = {"kind": kind, "state": state, "waiting_for": waiting_for, "enterprise_id": enterprise}
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(col(getattr(Process, column)) == value)
    if cursor is not None:
        statement = statement.where(col(Process.id) < opened_cursor(cursor))
    found = (await reader.session.exec(statement)).all()
    items = [ProcessSummary(id=p.id, kind=p.kind, state=p.state, waiting_for=p.waiting_for) for p in found[:limit]]
    more = base64.urlsafe_b64encode(items[-1].id.encode()).decode() if len(found) > limit else None
    return ProcessPage(items=items, next_cursor=more)


def visible_to(reader: Reader):  # type: ignore[no-untyped-def]  # SQLAlchemy's clause type is generic over private ones
    as_party = (
        select(Party.contract_id)
        .join(Process, col(Process.id) == col(Party.contract_id))
        .where(Party.contact_index == reader.account.contact_index, Process.state != "drafting")
    )
    administered = select(Member.enterprise_id).where(
        Member.account_id == reader.account.id, col(Member.ended_at).is_(None)
    )
    return or_(
        col(Process.owner_account) == reader.account.id,
        col(Process.id).in_(as_party),
        col(Process.enterprise_id).in_(administered),
    )


def opened_cursor(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode("ascii")
    except ValueError as error:
        raise RequestInvalid(field="cursor") from error


@router.get("/v1/processes/{process_id}")
async def get_process(process_id: str, reader: CurrentReader) -> ProcessView:
    return await view_of(reader, await process_seen_by(reader, process_id))


@router.get("/v1/processes/{process_id}/events")
async def list_events(
    process_id: str, reader: CurrentReader, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> ProcessEventPage:
    """What happened, in order, after the event of that number."""
    await process_seen_by(reader, process_id)
    found = await reader.session.exec(
        select(ProcessEvent)
        .where(ProcessEvent.process_id == process_id, ProcessEvent.seq > after)
        .order_by(col(ProcessEvent.seq))
    )
    return ProcessEventPage(items=[ProcessEventView.model_validate(event, from_attributes=True) for event in found])


@router.get("/v1/processes/{process_id}/events/stream")
async def follow_events(
    process_id: str,
    request: Request,
    reader: CurrentReader,
    last_event_id: Annotated[int, Header(ge=0, le=2**31 - 1)] = 0,
) -> EventSourceResponse:
    """Server-sent events from the one after Last-Event-ID to the end of the process."""
    await process_seen_by(reader, process_id)
    return EventSourceResponse(events_after(request.app.state.database, process_id, last_event_id))


async def events_after(database: Database, process_id: str, seq: int) -> AsyncIterator[ServerSentEvent]:
    while True:
        async with database.sessions() as session:
            found = await session.exec(
                select(ProcessEvent, Process.kind)
                .join(Process, col(Process.id) == col(ProcessEvent.process_id))
                .where(ProcessEvent.process_id == process_id, ProcessEvent.seq > seq)
                .order_by(col(ProcessEvent.seq))
            )
            rows = found.all()
        for event, kind in rows:
            seq = event.seq
            shown = ProcessEventView.model_validate(event, from_attributes=True)
            yield ServerSentEvent(shown.model_dump_json(), event=event.event, id=str(event.seq))
            if is_final(kind, event.to_state):
                return
        await asyncio.sleep(POLL_SECONDS)
