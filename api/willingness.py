"""Willingness checks over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import CurrentReader, Engine, KeyRequired, Reserved
from api.idempotency import TransactionRoute
from api.views import KINDS, Kind, Reader, act_on, nothing_withheld, process_seen_by, view_of
from models.challenges import Challenge
from models.processes import Process, ProcessView
from models.values import masked_contact, masked_name, masked_number
from models.willingness import CodeAsked, CodeSubmitted, PhoneCheck, PhoneCheckPerson, SendCode, SubmitCode

router = APIRouter(route_class=TransactionRoute, prefix="/v1/phone-checks", tags=["willingness"])


@router.get("/{process_id}")
async def get_phone_check(process_id: str, reader: CurrentReader) -> ProcessView:
    return await view_of(reader, await process_seen_by(reader, process_id, "phone_check"))


@router.post("/{process_id}/send-code", dependencies=[KeyRequired])
async def send_code(
    process_id: str, request: SendCode, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    """To the legal representative's own number, once the operators confirm that it is his (D03)."""
    process = await process_seen_by(reader, process_id, "phone_check")
    act = CodeAsked(actor=reader.account.id, mobile=request.mobile)
    return await act_on(reader, engine, process, "send_code", act, reserved("act"))


@router.post("/{process_id}/submit-code")
async def submit_code(
    process_id: str, request: SubmitCode, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    process = await process_seen_by(reader, process_id, "phone_check")
    act = CodeSubmitted(actor=reader.account.id, code=request.code)
    return await act_on(reader, engine, process, "submit_code", act, reserved("act"))


class PhoneCheckSubject(BaseModel):
    """Whose will is checked, masked (D03, W01)."""

    name: str | None
    resident_id: str | None
    mobile: str | None
    code_expires_at: str | None


async def roles(reader: Reader, process: Process) -> frozenset[str]:
    return frozenset({"applicant"}) if process.owner_account == reader.account.id else frozenset()


async def subject(reader: Reader, process: Process) -> PhoneCheckSubject:
    row = await reader.session.get_one(PhoneCheck, process.id, populate_existing=True)
    if row.personal is None:
        return PhoneCheckSubject(name=None, resident_id=None, mobile=None, code_expires_at=None)
    plain = reader.keyring.open("columns", f"phone_check/{process.id}", row.personal)
    person = PhoneCheckPerson.model_validate_json(plain)
    challenge = await reader.session.get(Challenge, row.challenge_id) if row.challenge_id else None
    return PhoneCheckSubject(
        name=masked_name(person.name),
        resident_id=masked_number(person.resident_id),
        mobile=masked_contact(person.mobile) if person.mobile else None,
        code_expires_at=challenge.expires_at.isoformat() if challenge else None,
    )


KINDS["phone_check"] = Kind(
    resource="phone-checks",
    bodies={"send_code": SendCode, "submit_code": SubmitCode},
    roles=roles,
    subject=subject,
    withheld=nothing_withheld,
)
