"""The upload becomes the one document everybody reads and signs; runs on the sealing queue."""

import asyncio

from sqlmodel import col, select
from temporalio import activity

from activities.confined import ConfinementFailed, run_confined
from activities.contract_signing.marks import Marks
from activities.heartbeats import beating
from activities.pdf.base import build_base
from activities.pdf.normalise import NormalisedDocument, normalise
from activities.pdf.placement import PartyMark
from activities.pdf.rendering import render_page
from activities.providers.storage import ObjectStore
from models.contract_signing import Contract, Party, Preparation, opened_party
from models.database import Database
from models.errors import FileUnreadable
from models.keyring import Keyring
from models.seals import default_seal
from models.uploads import Upload

NORMALISE_SECONDS = 30.0
RENDER_SECONDS = 20.0


class Drafting:
    def __init__(self, database: Database, keyring: Keyring, store: ObjectStore) -> None:
        self.database = database
        self.keyring = keyring
        self.store = store
        self.marks = Marks(database, store)

    @activity.defn
    async def prepare_contract(self, contract_id: str) -> Preparation:
        """Normalise, draw every mark on trial, render every page: what could not be sealed is refused here.

        Raises FileUnreadable, Document…, PlacementOutsidePage, GlyphMissing, SealTextInvalid.
        """
        async with beating():
            async with self.database.transaction() as session:
                contract = await session.get_one(Contract, contract_id)
                upload = await session.get_one(Upload, contract.upload_id)
                parties = (
                    await session.exec(
                        select(Party).where(Party.contract_id == contract_id).order_by(col(Party.ordinal))
                    )
                ).all()
            document = await self._normalised(await self.store.get(upload.storage_key))
            marks = [await self._mark(party) for party in parties]
            await asyncio.to_thread(build_base, document.data, marks)
            try:
                previews = await render_pages(self.store, contract_id, document.data, len(document.pages))
            except ConfinementFailed as failure:  # what nobody can see, nobody signs
                raise FileUnreadable from failure
            key = await self.store.put(contract_id, document.data)
            async with self.database.transaction() as session:
                contract = await session.get_one(Contract, contract_id)
                contract.document_key = key
                contract.document_sha256 = document.sha256
                contract.pages = [page.model_dump() for page in document.pages]
                contract.previews = previews
        return Preparation(parties=[party.id for party in parties])

    async def _mark(self, party: Party) -> PartyMark:
        """With the seal the party has today, if any."""
        async with self.database.transaction() as session:
            seal = await default_seal(session, party.enterprise_id) if party.enterprise_id else None
        name = opened_party(self.keyring, party).name
        return await self.marks.of(
            party.id, name, party.places, seal.id if seal else None, seal.version if seal else None
        )

    async def _normalised(self, data: bytes) -> NormalisedDocument:
        try:
            return await asyncio.to_thread(run_confined, normalise, data, seconds=NORMALISE_SECONDS)
        except ConfinementFailed as failure:
            raise FileUnreadable from failure


async def render_pages(store: ObjectStore, owner: str, document: bytes, pages: int) -> list[str]:
    """Storage keys of the pages as PNG, in order. Raises ConfinementFailed."""
    keys = []
    for number in range(1, pages + 1):
        picture = await asyncio.to_thread(run_confined, render_page, document, number, seconds=RENDER_SECONDS)
        keys.append(await store.put(owner, picture))
    return keys
