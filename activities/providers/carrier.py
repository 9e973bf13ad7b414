"""The mobile operators' three-factor check (D03). ``match``: the number is registered under exactly this name
and identity number. ``mismatch``: it is not, or the operator does not know it; which of the two is not told."""

from typing import ClassVar, Literal

from pydantic import BaseModel

from activities.providers.signed_http import SignedPartner


class CarrierAnswer(BaseModel):
    """The operators' verdict."""

    code: Literal["match", "mismatch"]


class Carrier(SignedPartner):
    """The partner that asks the mobile operators."""

    provider: ClassVar[str] = "carrier"

    async def check(self, request_id: str, name: str, resident_id: str, mobile: str) -> bool:
        """Each new ``request_id`` is one charged query. Raises ProviderUnavailable."""
        triple: dict[str, object] = {"name": name, "resident_id": resident_id, "mobile": mobile}
        answer = await self.ask("/carrier/check", request_id, triple, CarrierAnswer)
        return answer.code == "match"
