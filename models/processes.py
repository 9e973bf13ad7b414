"""What every process has in common: its published state, its events, and the view that is the same for all."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic import Field as Described
from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from models.database import moment


class Process(SQLModel, table=True):
    """The published copy of a process; written by ``activities/records.py`` only."""

    __tablename__ = "process"
    __table_args__ = (
        Index("process_list", "owner_account", "id"),
        Index("process_enterprise", "enterprise_id", "id"),
    )

    id: str = Field(primary_key=True)
    kind: str
    state: str
    seq: int
    """Number of the last event; each move raises it by one."""
    since: datetime = Field(sa_type=moment())
    deadline: datetime | None = Field(default=None, sa_type=moment())
    waiting_for: str | None = None
    why: str | None = None
    """Code of the cause, worded by models/wording.py with ``why_facts``."""
    why_facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    owner_account: str = Field(index=True)
    enterprise_id: str | None = None
    parent_id: str | None = Field(default=None, index=True)
    opened_at: datetime = Field(sa_type=moment())
    closed_at: datetime | None = Field(default=None, sa_type=moment())


class ProcessEvent(SQLModel, table=True):
    """What somebody did, or what happened; appended, never changed (kept so by the database)."""

    __tablename__ = "process_event"

    process_id: str = Field(primary_key=True, foreign_key="process.id")
    seq: int = Field(primary_key=True)
    event: str
    actor: str
    from_state: str | None = None
    to_state: str
    at: datetime = Field(sa_type=moment())
    act_id: str | None = None
    """The id a person's act came with: asked again under it, the act is known to be done."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Move(BaseModel):
    """One transition to publish; ``from_state`` None opens the process."""

    process_id: str
    kind: str
    event: str
    actor: str
    from_state: str | None
    to_state: str
    seq: int
    at: datetime
    act_id: str | None = None
    owner_account: str
    deadline: datetime | None = None
    waiting_for: str | None = None
    enterprise_id: str | None = None
    parent_id: str | None = None
    final: bool = False
    why: str | None = None
    facts: dict[str, Any] = {}


class Opening(BaseModel):
    """What every process workflow is started with; ids only, never personal data."""

    process_id: str
    owner_account: str
    deadline: datetime | None = None
    parent_id: str | None = None
    enterprise_id: str | None = None


class Act(BaseModel):
    """A person's act on a process."""

    actor: str


class Action(BaseModel):
    """An act possible now: where to POST it and what it takes (JSON Schema)."""

    name: str
    href: str
    input_schema: dict[str, Any] = Described(serialization_alias="schema")


class Waiting(BaseModel):
    """Who acts next, and since when."""

    who: str
    account: str | None = None
    since: datetime


class ProcessView(BaseModel):
    """The same answer for every process (api.md): where it stands, whom it waits for, what you may do, and why."""

    id: str
    kind: str
    state: str
    since: datetime
    deadline: datetime | None
    waiting_for: Waiting | None
    why: str | None
    why_code: str | None
    actions: list[Action]
    children: list[dict[str, str]]
    subject: dict[str, Any]


class ProcessEventView(BaseModel):
    """One event of a process as its people see it."""

    seq: int
    event: str
    actor: str
    from_state: str | None
    to_state: str
    at: datetime
    facts: dict[str, Any]
