"""What a developer, a test or the demo does at the simulator: read inboxes, add people and enterprises."""

from typing import ClassVar, Literal

import httpx2
from pydantic import BaseModel, TypeAdapter

from activities.providers.registry import RegistryEntry
from activities.providers.signed_http import SignedPartner
from models.ids import new_id
from simulator.journal import Message, Subscriber

MESSAGES = TypeAdapter(list[Message])


class Recorded(BaseModel):
    """The simulator's answer to an addition."""

    code: Literal["recorded"]


class Effects(BaseModel):
    """How often the partners were asked under one request id, and how often they acted."""

    requests: int
    effects: int


class SimulatorClient(SignedPartner):
    """Speaks to a running simulator at ``url``."""

    provider: ClassVar[str] = "simulator"

    async def inbox(self, address: str) -> list[Message]:
        """Newest first."""
        return MESSAGES.validate_json(await self._read(f"/inbox/{address}"))

    async def effects(self, request_id: str) -> Effects:
        return Effects.model_validate_json(await self._read(f"/effects/{request_id}"))

    async def add_subscriber(self, name: str, resident_id: str, mobile: str) -> None:
        subscriber = Subscriber(name=name, resident_id=resident_id, mobile=mobile)
        await self.ask("/carrier/subscribers", new_id("sim"), subscriber.model_dump(), Recorded)

    async def add_enterprise(self, entry: RegistryEntry) -> None:
        await self.ask("/registry", new_id("sim"), entry.model_dump(), Recorded)

    async def _read(self, path: str) -> bytes:
        response: httpx2.Response = await self.client.get(self.url + path)
        response.raise_for_status()
        return response.content
