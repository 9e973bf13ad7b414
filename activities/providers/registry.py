"""The enterprise registry. ``found``: ``enterprise`` is the entry, living or not (``status``).
``unknown``: no enterprise ever had this code."""

from typing import ClassVar, Literal

from pydantic import BaseModel

from activities.providers.signed_http import SignedPartner


class RegistryEntry(BaseModel):
    """What the registry holds. ``cancelled`` (注销) ended by itself, ``revoked`` (吊销) by the authority."""

    name: str
    uscc: str
    kind: str
    legal_representative: str
    status: Literal["active", "cancelled", "revoked"]


class RegistryAnswer(BaseModel):
    """The registry's answer to one code."""

    code: Literal["found", "unknown"]
    enterprise: RegistryEntry | None = None


class Registry(SignedPartner):
    """The partner that reads the enterprise registry."""

    provider: ClassVar[str] = "registry"

    async def look_up(self, request_id: str, uscc: str) -> RegistryEntry | None:
        """None when the registry knows no such code. Raises ProviderUnavailable."""
        answer = await self.ask("/registry/look-up", request_id, {"uscc": uscc}, RegistryAnswer)
        if answer.code == "unknown":
            return None
        if answer.enterprise is None or answer.enterprise.uscc != uscc:
            raise self.unavailable("answer")
        return answer.enterprise
