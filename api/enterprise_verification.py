"""Enterprise verification over HTTP."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import select

from api.dependencies import CurrentAccount, CurrentReader, Engine, Reserved, Transaction
from api.idempotency import TransactionRoute
from api.views import KINDS, Kind, Reader, act_on, nothing_withheld, process_seen_by, view_of
from models import enterprise_verification as rows
from models.database import utc_now
from models.enterprise_verification import (
    CONSENTS,
    MATERIALS,
    METHODS_OFFERED,
    ChooseMethod,
    Confirm,
    EnterpriseVerification,
    ErasureReceipt,
    FactsConfirmed,
    MaterialsSubmitted,
    MethodChosen,
    OpenEnterpriseVerification,
    SubmitMaterials,
)
from models.enterprises import Enterprise
from models.errors import ConsentMissing
from models.limits import VERIFICATION_WINDOW
from models.processes import Act, Opening, Process, ProcessView
from models.uploads import owned
from models.values import masked_name, masked_number
from workflows.client import open_process
from workflows.enterprise_verification import EnterpriseVerification as EnterpriseVerificationWorkflow

router = APIRouter(
    route_class=TransactionRoute, prefix="/v1/enterprise-verifications", tags=["enterprise verification"]
)


@router.post("", status_code=202)
async def open_enterprise_verification(
    request: OpenEnterpriseVerification,
    account: CurrentAccount,
    reader: CurrentReader,
    transaction: Transaction,
    engine: Engine,
    reserved: Reserved,
) -> ProcessView:
    """Start from the three pictures; what was read off them is in the view within seconds (C10)."""
    for document in CONSENTS:
        if document not in {consent.document for consent in request.consents}:
            raise ConsentMissing(document=document)
    await require_owned(reader, request)
    process_id, now = reserved("prc"), utc_now()
    if await transaction.get(EnterpriseVerification, process_id) is None:
        transaction.add(
            EnterpriseVerification(
                process_id=process_id,
                account_id=account.id,
                role=request.role,
                licence=request.licence,
                id_portrait=request.id_portrait,
                id_emblem=request.id_emblem,
                consents=[consent.model_dump() | {"at": now.isoformat()} for consent in request.consents],
                created_at=now,
            )
        )
    await transaction.commit()
    opening = Opening(process_id=process_id, owner_account=account.id, deadline=now + VERIFICATION_WINDOW)
    await open_process(engine, EnterpriseVerificationWorkflow.run, opening)
    return await view_of(reader, await process_seen_by(reader, process_id))


async def require_owned(reader: Reader, materials: SubmitMaterials) -> None:
    await owned(reader.session, reader.account.id, materials.licence, "licence")
    await owned(reader.session, reader.account.id, materials.id_portrait, "id_portrait")
    await owned(reader.session, reader.account.id, materials.id_emblem, "id_emblem")


@router.get("/{process_id}")
async def get_enterprise_verification(process_id: str, reader: CurrentReader) -> ProcessView:
    return await view_of(reader, await process_seen_by(reader, process_id, "enterprise_verification"))


@router.post("/{process_id}/submit-materials")
async def submit_materials(
    process_id: str, request: SubmitMaterials, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    """Other pictures, e.g. when the sides of the ID card were swapped (C07)."""
    process = await process_seen_by(reader, process_id, "enterprise_verification")
    await require_owned(reader, request)
    act = MaterialsSubmitted(actor=reader.account.id, materials=request)
    return await act_on(reader, engine, process, "submit_materials", act, reserved("act"))


@router.post("/{process_id}/confirm")
async def confirm(
    process_id: str, request: Confirm, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    """The facts as they stand in the registry (C10–C12); claims the code (E01)."""
    process = await process_seen_by(reader, process_id, "enterprise_verification")
    act = FactsConfirmed(actor=reader.account.id, fields=request.fields)
    return await act_on(reader, engine, process, "confirm", act, reserved("act"))


@router.post("/{process_id}/choose-method")
async def choose_method(
    process_id: str, request: ChooseMethod, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    """Starts the check; it appears among the children (D01)."""
    process = await process_seen_by(reader, process_id, "enterprise_verification")
    act = MethodChosen(actor=reader.account.id, method=request.method)
    return await act_on(reader, engine, process, "choose_method", act, reserved("act"))


@router.post("/{process_id}/withdraw")
async def withdraw(process_id: str, reader: CurrentReader, engine: Engine, reserved: Reserved) -> ProcessView:
    """删除企业 (E02): what was submitted is erased, the code is free again."""
    process = await process_seen_by(reader, process_id, "enterprise_verification")
    return await act_on(reader, engine, process, "withdraw", Act(actor=reader.account.id), reserved("act"))


class VerificationSubject(BaseModel):
    """Readings in full while the applicant has to check them; masked once confirmed (W01)."""

    materials: dict[str, str]
    methods: list[str]
    recognized: dict[str, Any] | None
    confirmed: dict[str, str] | None
    enterprise: dict[str, str] | None
    erasure_receipt: str | None


async def roles(reader: Reader, process: Process) -> frozenset[str]:
    return frozenset({"applicant"}) if process.owner_account == reader.account.id else frozenset()


async def subject(reader: Reader, process: Process) -> VerificationSubject:
    row = await reader.session.get_one(EnterpriseVerification, process.id)
    kept = rows.opened(reader.keyring, row)
    receipts = await reader.session.exec(select(ErasureReceipt.id).where(ErasureReceipt.process_id == process.id))
    enterprise = await reader.session.get(Enterprise, process.enterprise_id) if process.enterprise_id else None
    return VerificationSubject(
        materials={} if row.erased_at else {kind: getattr(row, kind) for kind in MATERIALS},
        methods=list(METHODS_OFFERED),
        recognized=kept.reading.model_dump() if process.state == "awaiting_confirmation" else None,
        confirmed=masked(kept.confirmed) if kept.confirmed else None,
        enterprise=shown(enterprise) if enterprise else None,
        erasure_receipt=receipts.first(),
    )


def masked(facts: rows.ConfirmedFacts) -> dict[str, str]:
    return facts.model_dump() | {
        "legal_representative": masked_name(facts.legal_representative),
        "resident_id": masked_number(facts.resident_id),
    }


def shown(enterprise: Enterprise) -> dict[str, str]:
    """C17: what the verified page shows."""
    return {
        "id": enterprise.id,
        "name": enterprise.name,
        "uscc": enterprise.uscc,
        "certificate_serial": enterprise.certificate_serial,
    }


KINDS["enterprise_verification"] = Kind(
    resource="enterprise-verifications",
    bodies={"submit_materials": SubmitMaterials, "confirm": Confirm, "choose_method": ChooseMethod},
    roles=roles,
    subject=subject,
    withheld=nothing_withheld,
)
