"""What a party does before sealing: open, consent, return (Q)."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from models import challenges
from models.accounts import Account, open_personal
from models.certificates import is_valid
from models.contract_signing import (
    Consent,
    Consented,
    ConsentRecord,
    Contract,
    Opened,
    Party,
    ReturnRecord,
    consent_subject,
    opened_party,
    sealed_reason,
)
from models.database import Database
from models.enterprises import Enterprise, Member
from models.errors import (
    CertificateNotValid,
    DocumentReplaced,
    PartyNameDiffers,
    PlacementsDiffer,
    ResourceNotFound,
    SealMissing,
)
from models.keyring import Keyring
from models.seals import Seal, default_seal


class Consenting:
    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.keyring = keyring

    @activity.defn
    async def open_contract(self, opened: Opened) -> None:
        async with self.database.transaction() as session:
            party = await session.get_one(Party, opened.party_id)
            party.opened_at = party.opened_at or opened.at

    @activity.defn
    async def record_consent(self, record: ConsentRecord) -> None:
        """Consent to exactly these bytes and places, proven by the code (Q03); a repetition changes nothing.

        Raises PartyNameDiffers, SealMissing, CertificateNotValid, DocumentReplaced, PlacementsDiffer, Code….
        """
        consent = record.consent
        async with self.database.sessions() as session:
            known = await session.get(Consent, consent.party_id)
            if known is not None:
                return
            contract = await session.get_one(Contract, record.contract_id)
            party = await session.get_one(Party, consent.party_id)
            account = await session.get_one(Account, consent.actor)
            require_what_was_read(contract, party, consent)
            seal = await self._require_right_to_sign(session, party, account, record.at)
            await challenges.check(
                session,
                self.keyring,
                consent.challenge_id,
                "sign_contract",
                open_personal(self.keyring, account).contact,
                consent_subject(contract),
                consent.code,
                now=record.at,
            )
            session.add(
                Consent(
                    party_id=party.id,
                    contract_id=contract.id,
                    account_id=account.id,
                    document_sha256=consent.document_sha256,
                    places=party.places,
                    seal_id=seal.id if seal else None,
                    seal_version=seal.version if seal else None,
                    factor="code",
                    challenge_id=consent.challenge_id,
                    at=record.at,
                )
            )
            await session.commit()

    async def _require_right_to_sign(
        self, session: AsyncSession, party: Party, account: Account, now: datetime
    ) -> Seal | None:
        """The enterprise's seal for its main administrator; nothing for a person of the right name (E06, M03)."""
        if account.contact_index != party.contact_index:
            raise ResourceNotFound
        if party.enterprise_id is None:
            if open_personal(self.keyring, account).name != opened_party(self.keyring, party).name:
                raise PartyNameDiffers
            return None
        member = await session.exec(
            select(Member).where(
                Member.enterprise_id == party.enterprise_id,
                Member.account_id == account.id,
                col(Member.ended_at).is_(None),
            )
        )
        held = await default_seal(session, party.enterprise_id)
        if member.first() is None or held is None:
            raise SealMissing
        enterprise = await session.get_one(Enterprise, party.enterprise_id)
        if not await is_valid(session, enterprise.certificate_serial, now):
            raise CertificateNotValid
        return held

    @activity.defn
    async def drop_consent(self, party_id: str) -> None:
        """A consent whose certificate lapsed before sealing counts no more."""
        async with self.database.transaction() as session:
            consent = await session.get(Consent, party_id)
            if consent is not None:
                await session.delete(consent)

    @activity.defn
    async def record_return(self, record: ReturnRecord) -> None:
        async with self.database.transaction() as session:
            contract = await session.get_one(Contract, record.contract_id)
            contract.return_reason = sealed_reason(self.keyring, contract.id, record.act.reason)


def require_what_was_read(contract: Contract, party: Party, consent: Consented) -> None:
    """Consent holds for the bytes and places shown, and no others."""
    if consent.document_sha256 != contract.document_sha256:
        raise DocumentReplaced
    if consent.places is not None and [place.model_dump() for place in consent.places] != party.places:
        raise PlacementsDiffer
