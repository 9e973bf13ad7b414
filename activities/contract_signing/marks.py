"""What each party's mark looks like and where it stands; drawn on trial when drafting, for good when sealing."""

import asyncio

from activities.pdf.placement import PartyMark, Placement
from activities.providers.storage import ObjectStore
from activities.seals.artwork import SealArtwork
from activities.seals.personal import draw_personal_signature
from models.database import Database
from models.seals import SealVersion


class Marks:
    def __init__(self, database: Database, store: ObjectStore) -> None:
        self.database = database
        self.store = store

    async def of(
        self, party_id: str, name: str, places: list[dict[str, float]], seal_id: str | None, seal_version: int | None
    ) -> PartyMark:
        """That version of the seal, or the person's name where there is none. Raises GlyphMissing, SealTextInvalid."""
        return PartyMark(
            field_name=party_id,
            placements=[Placement.model_validate(place) for place in places],
            artwork=await self._artwork(name, seal_id, seal_version),
        )

    async def _artwork(self, name: str, seal_id: str | None, seal_version: int | None) -> SealArtwork:
        if seal_id is None:
            return await asyncio.to_thread(draw_personal_signature, name)
        async with self.database.transaction() as session:
            version = await session.get_one(SealVersion, (seal_id, seal_version))
        return SealArtwork.model_validate_json(await self.store.get(version.storage_key))
