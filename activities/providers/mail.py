"""E-mail. ``accepted``: the partner will deliver. ``refused``: the mailbox does not exist or takes nothing
(a hard bounce); asking again is no use."""

from typing import ClassVar, Literal

from pydantic import BaseModel

from activities.providers.signed_http import SignedPartner
from models.errors import RecipientRefused


class MailAnswer(BaseModel):
    """The partner's answer to one message."""

    code: Literal["accepted", "refused"]


class MailSender(SignedPartner):
    """The partner that delivers e-mail."""

    provider: ClassVar[str] = "mail"

    async def send(self, message_id: str, to: str, subject: str, text: str) -> None:
        """Raises ProviderUnavailable, or RecipientRefused, which no retry heals."""
        message: dict[str, object] = {"to": to, "subject": subject, "text": text}
        answer = await self.ask("/mail", message_id, message, MailAnswer)
        if answer.code == "refused":
            raise RecipientRefused(channel="email")
