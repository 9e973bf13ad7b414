"""Sealing: every intent is stored, then everything is signed at once; runs on the sealing queue.

1. Certificates: the enterprise's own, an event certificate per person. 2. One base revision with every mark.
3. An intent per signature, stored. 4. The signatures and the document timestamp. 5. Result and intents closed in one
transaction. Dying between any two steps repeats them; only step 5 makes anything count.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.confined import ConfinementFailed
from activities.contract_signing.drafting import render_pages
from activities.contract_signing.marks import Marks
from activities.heartbeats import beating
from activities.pdf.base import build_base
from activities.pdf.sealing import PartySignature, seal
from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.keys import SigningKeys
from activities.providers.storage import ObjectStore
from activities.providers.timestamp import TimestampClient
from models import contract_signing
from models.certificates import is_valid
from models.contract_signing import Consent, Contract, Party, Plan, SignatureIntent, opened_party
from models.database import Database, utc_now
from models.enterprises import Enterprise
from models.errors import SealingStale
from models.keyring import Keyring

MARGIN = timedelta(minutes=5)
"""A certificate with less life left than this is not begun to sign with."""


class Signer(NamedTuple):
    """A party about to sign, with what it consented to."""

    party: Party
    consent: Consent
    name: str
    serial: str


class Sealing:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        store: ObjectStore,
        keys: SigningKeys,
        certificate_authority: CertificateAuthority,
        timestamps: TimestampClient,
    ) -> None:
        self.database = database
        self.keyring = keyring
        self.store = store
        self.keys = keys
        self.certificate_authority = certificate_authority
        self.timestamps = timestamps
        self.marks = Marks(database, store)

    @activity.defn
    async def plan_signatures(self, sealing: contract_signing.Sealing) -> Plan:
        """Store one intent per party over one base; or name the parties whose certificate has lapsed."""
        async with beating():
            async with self.database.transaction() as session:
                contract = await session.get_one(Contract, sealing.contract_id)
                signers = await self._signers(session, contract.id)
                lapsed = [s.party.id for s in signers if s.serial and not await is_valid(session, s.serial, sealing.at)]
            if lapsed:
                return Plan(lapsed=lapsed)
            signers = [await self._with_certificate(signer, sealing) for signer in signers]
            document = await self.store.get(str(contract.document_key))
            marks = [
                await self.marks.of(s.party.id, s.name, s.consent.places, s.consent.seal_id, s.consent.seal_version)
                for s in signers
            ]
            base = await asyncio.to_thread(build_base, document, marks)
            base_key = await self.store.put(contract.id, base)
            async with self.database.transaction() as session:
                for signer in signers:
                    await store_intent(session, signer, base_key, base, sealing.at)
        return Plan()

    async def _signers(self, session: AsyncSession, contract_id: str) -> list[Signer]:
        """In the order of the parties; ``serial`` is empty for a person until the event certificate exists."""
        found = await session.exec(
            select(Party, Consent)
            .join(Consent, col(Consent.party_id) == col(Party.id))
            .where(Party.contract_id == contract_id)
            .order_by(col(Party.ordinal))
        )
        signers = []
        for party, consent in found:
            name = opened_party(self.keyring, party).name
            enterprise = await session.get(Enterprise, party.enterprise_id) if party.enterprise_id else None
            signers.append(
                Signer(
                    party,
                    consent,
                    enterprise.name if enterprise else name,
                    enterprise.certificate_serial if enterprise else "",
                )
            )
        return signers

    async def _with_certificate(self, signer: Signer, sealing: contract_signing.Sealing) -> Signer:
        """An event certificate, issued on the proof of intent just collected (F08)."""
        if signer.serial:
            return signer
        issued = await self.certificate_authority.issue_person(
            f"{signer.party.id}-{sealing.attempt}",
            account_id=signer.consent.account_id,
            name=signer.name,
            now=sealing.at,
        )
        return signer._replace(serial=issued.serial)

    @activity.defn
    async def apply_signatures(self, sealing: contract_signing.Sealing) -> None:
        """Sign what was planned, once. Raises SealingStale when a planned certificate has run out meanwhile."""
        async with beating():
            async with self.database.transaction() as session:
                contract = await session.get_one(Contract, sealing.contract_id)
                if contract.sealed_sha256 is not None:
                    return
                signers = await self._signers(session, contract.id)
                intents = {
                    intent.party_id: intent
                    for intent in await session.exec(
                        select(SignatureIntent).where(SignatureIntent.contract_id == contract.id)
                    )
                }
            signers = [s._replace(serial=intents[s.party.id].certificate_serial) for s in signers]
            base = await self.store.get(next(iter(intents.values())).base_key)
            signatures = [await self._signature(signer, intents[signer.party.id]) for signer in signers]
            revocation = await self.certificate_authority.timestamp_revocation_material(utc_now())
            sealed = await asyncio.to_thread(seal, base, signatures, self.timestamps.token, revocation)
            await self._close(contract, sealed)

    async def _signature(self, signer: Signer, intent: SignatureIntent) -> PartySignature:
        now = utc_now()
        async with self.database.transaction() as session:
            if not await is_valid(session, signer.serial, now + MARGIN):
                raise SealingStale
        issued = await self.certificate_authority.issued(signer.serial)
        return PartySignature(
            field_name=signer.party.id,
            certificate=issued.der,
            chain=await self.certificate_authority.chain(),
            key=await self.keys.load(issued.key_id),
            revocation=await self.certificate_authority.revocation_material(signer.serial, now),
            name=signer.name,
            reason="同意签署本合同",
            signing_time=intent.planned_at,
        )

    async def _close(self, contract: Contract, sealed: bytes) -> None:
        digest = hashlib.sha256(sealed).hexdigest()
        key = await self.store.put(contract.id, sealed)
        try:
            previews = await render_pages(self.store, contract.id, sealed, len(contract.pages))
        except ConfinementFailed:  # a picture is a comfort; the contract completes without it
            previews = []
        async with self.database.transaction() as session:
            row = await session.get_one(Contract, contract.id, with_for_update=True)
            if row.sealed_sha256 is not None:
                return
            row.sealed_key, row.sealed_sha256, row.sealed_previews = key, digest, previews
            for intent in await session.exec(select(SignatureIntent).where(SignatureIntent.contract_id == contract.id)):
                intent.signed_sha256 = digest


async def store_intent(session: AsyncSession, signer: Signer, base_key: str, base: bytes, at: datetime) -> None:
    """What will be signed, by which certificate; a later attempt replaces what was never signed."""
    row = {
        "party_id": signer.party.id,
        "contract_id": signer.party.contract_id,
        "ordinal": signer.party.ordinal,
        "base_key": base_key,
        "base_sha256": hashlib.sha256(base).hexdigest(),
        "certificate_serial": signer.serial,
        "seal_id": signer.consent.seal_id,
        "seal_version": signer.consent.seal_version,
        "planned_at": at,
    }
    statement = insert(SignatureIntent).values(row)
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["party_id"], set_=row, where=col(SignatureIntent.signed_sha256).is_(None)
        )
    )
