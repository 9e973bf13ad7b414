"""The only writer of process rows: a compare-and-set on state and number, with its event, in one transaction."""

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from models.database import Database
from models.processes import Move, Process, ProcessEvent


class RecordConflict(Exception):
    """The row is not where the workflow left it; retried, and visible to operators while it lasts."""


class Records:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def move(self, move: Move) -> None:
        """Publish one transition; the same move again changes nothing. Raises RecordConflict."""
        async with self.database.transaction() as session:
            row = await session.get(Process, move.process_id, with_for_update=True)
            if row is None:
                self._open(session, move)
            elif row.seq == move.seq and row.state == move.to_state:
                return
            elif row.seq == move.seq - 1 and row.state == move.from_state:
                self._advance(row, move)
            else:
                raise RecordConflict(
                    f"{move.process_id}: {row.state}#{row.seq}, wanted {move.from_state}#{move.seq - 1}"
                )
            await session.flush()
            session.add(_event(move))

    def _open(self, session: AsyncSession, move: Move) -> None:
        if move.from_state is not None:
            raise RecordConflict(f"{move.process_id} was never opened")
        session.add(
            Process(
                id=move.process_id,
                kind=move.kind,
                state=move.to_state,
                seq=move.seq,
                since=move.at,
                deadline=move.deadline,
                waiting_for=move.waiting_for,
                owner_account=move.owner_account,
                enterprise_id=move.enterprise_id,
                parent_id=move.parent_id,
                opened_at=move.at,
            )
        )

    def _advance(self, row: Process, move: Move) -> None:
        if row.state != move.to_state:
            row.since = move.at
        row.state = move.to_state
        row.seq = move.seq
        row.waiting_for = move.waiting_for
        row.enterprise_id = move.enterprise_id
        row.why = move.why
        row.why_facts = move.facts if move.why else {}
        row.closed_at = move.at if move.final else None


def _event(move: Move) -> ProcessEvent:
    return ProcessEvent(
        process_id=move.process_id,
        seq=move.seq,
        event=move.event,
        actor=move.actor,
        from_state=move.from_state,
        to_state=move.to_state,
        at=move.at,
        act_id=move.act_id,
        facts=move.facts,
    )
