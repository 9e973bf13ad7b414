"""What the willingness checks (意愿性校验, D) ask and keep."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlmodel import Field, SQLModel

from models.database import moment
from models.processes import Act
from models.values import Mobile

PHONE_CHECK_ASKS = 10
"""How often one phone check asks the operators or sends a code before it fails: each costs money."""


class PhoneCheck(SQLModel, table=True):
    """Whose number is checked; ``personal`` (sealed ``PhoneCheckPerson``) is emptied at the end."""

    __tablename__ = "phone_check"

    process_id: str = Field(primary_key=True)
    parent_id: str
    personal: bytes | None = None
    challenge_id: str | None = None
    proven_at: datetime | None = Field(default=None, sa_type=moment())
    created_at: datetime = Field(sa_type=moment())


class PhoneCheckPerson(BaseModel):
    """The legal representative whose will is checked."""

    name: str
    resident_id: str
    mobile: str | None = None


class SendCode(BaseModel):
    """The legal representative's mobile number (D03); left out to send again to the same one."""

    model_config = ConfigDict(extra="forbid")

    mobile: Mobile | None = None


class SubmitCode(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class CodeAsked(Act):
    mobile: str | None = None


class CodeSubmitted(Act):
    code: str


class CodeDispatch(BaseModel):
    """One code to send; the ids make a retry repeat nothing."""

    process_id: str
    challenge_id: str
    mobile: str | None
    at: datetime


class CodeCheck(BaseModel):
    process_id: str
    code: str
    at: datetime


class PhoneCheckOpening(BaseModel):
    process_id: str
    parent_id: str
    at: datetime
