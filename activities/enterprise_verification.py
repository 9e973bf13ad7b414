"""What enterprise verification does to the outside world: read pictures, ask the registry, issue, erase."""

import asyncio
import hashlib

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.heartbeats import beating
from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.ocr import Ocr, read_identity_card, read_licence
from activities.providers.registry import Registry, RegistryEntry
from activities.providers.storage import ObjectStore
from activities.seals.enterprise import draw_enterprise_seal
from models import enterprise_verification as rows
from models.accounts import Account, open_personal
from models.database import Database
from models.enterprise_verification import (
    MATERIALS,
    Claim,
    ConfirmedFacts,
    EnterpriseVerification,
    Erasure,
    ErasureReceipt,
    Issuance,
    Reading,
    Recognition,
    SubmitMaterials,
)
from models.enterprises import Enterprise, LegalRepresentative, Member, UsccClaim
from models.errors import (
    EnterpriseAlreadyClaimed,
    EnterpriseFactsDiffer,
    EnterpriseNotActive,
    EnterpriseNotRegistered,
    FileUnreadable,
    UploadOfOtherKind,
)
from models.keyring import Keyring
from models.seals import DEFAULT_SEAL_NAME, Seal, SealVersion
from models.uploads import Upload
from models.values import masked_contact

SIDES = {"id_portrait": "portrait", "id_emblem": "emblem"}


class Verifying:
    """Claim, issue and erase; each can be repeated without a second effect."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        store: ObjectStore,
        registry: Registry,
        certificate_authority: CertificateAuthority,
    ) -> None:
        self.database = database
        self.keyring = keyring
        self.store = store
        self.registry = registry
        self.certificate_authority = certificate_authority

    @activity.defn
    async def claim_enterprise(self, claim: Claim) -> None:
        """Hold the confirmed facts against the registry (C12), then claim the code (E01).

        A name no seal can carry is refused here, while the applicant can act, not when the seal is made.
        Raises EnterpriseNotRegistered, EnterpriseNotActive, EnterpriseFactsDiffer, EnterpriseAlreadyClaimed,
        SealTextInvalid, GlyphMissing, ProviderUnavailable.
        """
        request_id = f"{claim.process_id}-{claim.at.timestamp():.6f}"
        require_equal(claim.fields, await self.registry.look_up(request_id, claim.fields.uscc))
        await asyncio.to_thread(draw_enterprise_seal, claim.fields.name, None)
        async with self.database.transaction() as session:
            await self._claim(session, claim)
            verification = await session.get_one(EnterpriseVerification, claim.process_id)
            materials = rows.opened(self.keyring, verification)
            materials.confirmed = claim.fields
            verification.personal = rows.sealed(self.keyring, verification.process_id, materials)
            verification.edited = rows.differs(materials.reading, claim.fields)

    async def _claim(self, session: AsyncSession, claim: Claim) -> None:
        row = {
            "process_id": claim.process_id,
            "uscc": claim.fields.uscc,
            "account_id": claim.account_id,
            "claimed_at": claim.at,
        }
        own, other_code = col(UsccClaim.process_id) == claim.process_id, col(UsccClaim.uscc) != claim.fields.uscc
        await session.exec(delete(UsccClaim).where(own, other_code))  # left by an attempt whose answer was lost
        await session.exec(insert(UsccClaim).values(row).on_conflict_do_nothing())
        holder = (
            await session.exec(
                select(UsccClaim).where(UsccClaim.uscc == claim.fields.uscc, col(UsccClaim.released_at).is_(None))
            )
        ).one()
        if holder.process_id != claim.process_id:
            account = await session.get_one(Account, holder.account_id)
            raise EnterpriseAlreadyClaimed(holder=masked_contact(open_personal(self.keyring, account).contact))

    @activity.defn
    async def issue_enterprise(self, issuance: Issuance) -> None:
        """Certificate, enterprise, main administrator and the default seal (E05, B02, L09)."""
        async with self.database.transaction() as session:
            verification = await session.get_one(EnterpriseVerification, issuance.process_id)
            facts = rows.opened(self.keyring, verification).confirmed
        if facts is None:
            raise ValueError("nothing was confirmed")
        certificate = await self.certificate_authority.issue_enterprise(
            issuance.process_id,
            enterprise_id=issuance.enterprise_id,
            name=facts.name,
            uscc=facts.uscc,
            now=issuance.at,
        )
        artwork = (await asyncio.to_thread(draw_enterprise_seal, facts.name, None)).model_dump_json().encode()
        artwork_key = await self.store.put(issuance.seal_id, artwork)
        async with self.database.transaction() as session:
            if await session.get(Enterprise, issuance.enterprise_id) is not None:
                return
            session.add(self._enterprise(issuance, facts, certificate.serial))
            await session.flush()
            session.add(
                Member(
                    enterprise_id=issuance.enterprise_id,
                    account_id=issuance.account_id,
                    role="main_administrator",
                    started_at=issuance.at,
                )
            )
            session.add(_default_seal(issuance))
            await session.flush()
            session.add(
                SealVersion(
                    seal_id=issuance.seal_id,
                    version=1,
                    storage_key=artwork_key,
                    sha256=hashlib.sha256(artwork).hexdigest(),
                    created_at=issuance.at,
                )
            )

    def _enterprise(self, issuance: Issuance, facts: ConfirmedFacts, serial: str) -> Enterprise:
        person = LegalRepresentative(name=facts.legal_representative, resident_id=facts.resident_id)
        return Enterprise(
            id=issuance.enterprise_id,
            process_id=issuance.process_id,
            uscc=facts.uscc,
            name=facts.name,
            kind=facts.kind,
            personal=self.keyring.seal(
                "columns", f"enterprise/{issuance.enterprise_id}", person.model_dump_json().encode()
            ),
            certificate_serial=serial,
            verified_at=issuance.at,
        )

    @activity.defn
    async def replace_materials(self, process_id: str, materials: SubmitMaterials) -> None:
        """Other pictures in the place of those submitted; what was read of the old ones is forgotten."""
        async with self.database.transaction() as session:
            verification = await session.get_one(EnterpriseVerification, process_id, with_for_update=True)
            before = {getattr(verification, kind) for kind in MATERIALS}
            for kind in MATERIALS:
                setattr(verification, kind, getattr(materials, kind))
            verification.replaced = sorted((set(verification.replaced) | before) - set(materials.model_dump().values()))
            verification.personal = None

    @activity.defn
    async def erase_materials(self, erasure: Erasure) -> None:
        """Submitted pictures and facts go, the claim is released, a receipt stays (C15, W04, E02)."""
        async with self.database.transaction() as session:
            verification = await session.get_one(EnterpriseVerification, erasure.process_id)
            uploads = await self._uploads(session, verification)
        for upload in uploads:
            await self.store.delete(upload.storage_key)
        async with self.database.transaction() as session:
            verification = await session.get_one(EnterpriseVerification, erasure.process_id, with_for_update=True)
            if verification.erased_at is not None:
                return
            for upload in await self._uploads(session, verification):
                upload.erased_at = erasure.at
            verification.personal = None
            verification.erased_at = erasure.at
            claim = await session.get(UsccClaim, erasure.process_id)
            if claim is not None:
                claim.released_at = erasure.at
            session.add(
                ErasureReceipt(
                    id=erasure.receipt_id,
                    process_id=erasure.process_id,
                    reason=erasure.reason,
                    erased=[f"{upload.kind} {upload.sha256}" for upload in uploads]
                    + ["recognized and confirmed facts"],
                    at=erasure.at,
                )
            )

    async def _uploads(self, session: AsyncSession, verification: EnterpriseVerification) -> list[Upload]:
        """Every picture this verification was ever given, replaced ones included."""
        ids = set(verification.replaced) | {verification.licence, verification.id_portrait, verification.id_emblem}
        found = await session.exec(select(Upload).where(col(Upload.id).in_(ids)).order_by(col(Upload.id)))
        return list(found)


class Recognizing:
    """Reading the pictures; runs in the OCR worker's own process."""

    def __init__(self, database: Database, keyring: Keyring, store: ObjectStore, ocr: Ocr) -> None:
        self.database = database
        self.keyring = keyring
        self.store = store
        self.ocr = ocr

    @activity.defn
    async def recognize_materials(self, process_id: str) -> Recognition:
        """Read the three pictures and keep what was found (C10); a picture in the wrong place is told (C07)."""
        async with beating():
            return await self._recognize(process_id)

    async def _recognize(self, process_id: str) -> Recognition:
        async with self.database.transaction() as session:
            verification = await session.get_one(EnterpriseVerification, process_id)
            keys = {
                kind: (await session.get_one(Upload, getattr(verification, kind))).storage_key for kind in MATERIALS
            }
        reading = Reading()
        try:
            reading.licence = await asyncio.to_thread(read_licence, self.ocr, await self.store.get(keys["licence"]))
            for kind, side in SIDES.items():
                card = await asyncio.to_thread(read_identity_card, self.ocr, await self.store.get(keys[kind]))
                setattr(reading, side, card)
        except (FileUnreadable, UploadOfOtherKind) as refusal:
            return Recognition(problem=refusal.code, facts=refusal.facts)
        await self._keep(process_id, reading)
        return judged_sides(reading)

    async def _keep(self, process_id: str, reading: Reading) -> None:
        async with self.database.transaction() as session:
            verification = await session.get_one(EnterpriseVerification, process_id, with_for_update=True)
            if verification.erased_at is None:
                materials = rows.opened(self.keyring, verification)
                materials.reading = reading
                verification.personal = rows.sealed(self.keyring, process_id, materials)


def judged_sides(reading: Reading) -> Recognition:
    """Each side of the ID card belongs in its own slot (C07)."""
    found = {side: card.side for side in SIDES.values() if (card := getattr(reading, side)) is not None}
    if found == {"portrait": "emblem", "emblem": "portrait"}:
        return Recognition(problem="sides_swapped")
    for side, actual in found.items():
        if actual != side:
            return Recognition(problem="side_wrong", facts={"expected": side})
    return Recognition()


def require_equal(fields: ConfirmedFacts, entry: RegistryEntry | None) -> None:
    """The registry wins, to the letter (C11, C12)."""
    if entry is None:
        raise EnterpriseNotRegistered
    if entry.status != "active":
        raise EnterpriseNotActive
    held = {"name": entry.name, "legal_representative": entry.legal_representative}
    differing = [field for field, value in held.items() if getattr(fields, field) != value]
    if differing:
        raise EnterpriseFactsDiffer(fields=", ".join(differing))


def _default_seal(issuance: Issuance) -> Seal:
    return Seal(
        id=issuance.seal_id,
        enterprise_id=issuance.enterprise_id,
        kind="公章",
        name=DEFAULT_SEAL_NAME,
        status="enabled",
        version=1,
        created_at=issuance.at,
    )
