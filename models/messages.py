"""Messages by SMS and e-mail: queued in the transaction that causes them, delivered by a workflow of their own."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from models.database import moment, utc_now
from models.keyring import Keyring
from models.values import channel_of
from models.wording import MESSAGES

Language = Literal["zh", "en"]


class Message(SQLModel, table=True):
    """``status``: queued, sent or failed; address and text are sealed together as ``MessageContent``."""

    __tablename__ = "message"

    id: str = Field(primary_key=True)
    channel: str
    template: str
    personal: bytes | None = None
    status: str = Field(default="queued", index=True)
    created_at: datetime = Field(sa_type=moment())
    sent_at: datetime | None = Field(default=None, sa_type=moment())


class MessageContent(BaseModel):
    """``subject`` is for e-mail."""

    to: str
    subject: str
    text: str


async def queue(
    session: AsyncSession,
    keyring: Keyring,
    message_id: str,
    to: str,
    template: str,
    facts: dict[str, object],
    language: Language = "zh",
) -> None:
    """Worded now, sent after the commit by ``workflows.messages``; the same id again changes nothing."""
    words = MESSAGES[template]
    content = MessageContent(
        to=to,
        subject=words.subject.in_language(language, facts),
        text=words.text.in_language(language, facts),
    )
    row = {
        "id": message_id,
        "channel": channel_of(to),
        "template": template,
        "personal": keyring.seal("columns", f"message/{message_id}", content.model_dump_json().encode()),
        "status": "queued",
        "created_at": utc_now(),
    }
    await session.exec(insert(Message).values(row).on_conflict_do_nothing())


def content_of(keyring: Keyring, message: Message) -> MessageContent:
    """Raises LookupError when the message was erased."""
    if message.personal is None:
        raise LookupError(message.id)
    sealed = keyring.open("columns", f"message/{message.id}", message.personal)
    return MessageContent.model_validate_json(sealed)


class MessageOrder(BaseModel):
    """A process's message to the person behind an account or a party; the id makes a retry the same message."""

    message_id: str
    template: str
    process_id: str
    account_id: str | None = None
    party_id: str | None = None
