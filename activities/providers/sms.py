"""Text messages. ``accepted``: the partner will deliver. ``refused``: it never delivers to this number
(blocked by the operator, no such number); asking again is no use."""

from typing import ClassVar, Literal

from pydantic import BaseModel

from activities.providers.signed_http import SignedPartner
from models.errors import RecipientRefused


class SmsAnswer(BaseModel):
    """The partner's answer to one message."""

    code: Literal["accepted", "refused"]


class SmsSender(SignedPartner):
    """The partner that delivers text messages."""

    provider: ClassVar[str] = "sms"

    async def send(self, message_id: str, to: str, text: str) -> None:
        """Raises ProviderUnavailable, or RecipientRefused, which no retry heals."""
        answer = await self.ask("/sms", message_id, {"to": to, "text": text}, SmsAnswer)
        if answer.code == "refused":
            raise RecipientRefused(channel="sms")
