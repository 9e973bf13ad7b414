"""Contracts over HTTP: draft, send, open, consent, return, withdraw, read, download."""

from datetime import datetime

from fastapi import APIRouter, Response
from sqlmodel import col, select

from api.contract_view import require_seen
from api.dependencies import CurrentAccount, CurrentReader, Engine, KeyRequired, Keys, Reserved, Store, Transaction
from api.idempotency import TransactionRoute
from api.views import Reader, act_on, process_seen_by, view_of
from models.accounts import Account, contact_index
from models.contract_signing import (
    Consented,
    ConsentRequest,
    Contract,
    CreateContract,
    Party,
    PartyAct,
    PartyPerson,
    PartyRequest,
    Returned,
    ReturnRequest,
    party_of,
    sealed_party,
)
from models.database import utc_now
from models.enterprises import Enterprise, Member
from models.errors import DeadlineInvalid, EnterpriseNotVerified, PartiesInvalid, ResourceNotFound
from models.limits import SIGNING_DEADLINE, SIGNING_DEADLINE_MAX
from models.processes import Act, Opening, Process, ProcessView
from models.uploads import owned
from workflows.client import open_process
from workflows.contract_signing import ContractSigning

router = APIRouter(route_class=TransactionRoute, prefix="/v1/contracts", tags=["contracts"])

PDF_HEADERS = {"Content-Disposition": 'attachment; filename="contract.pdf"', "Cache-Control": "private, no-store"}


@router.post("", status_code=201)
async def create_contract(
    request: CreateContract,
    account: CurrentAccount,
    reader: CurrentReader,
    transaction: Transaction,
    keyring: Keys,
    engine: Engine,
    reserved: Reserved,
) -> ProcessView:
    """A draft; its document is normalised and rendered, so a file that cannot be signed is refused here."""
    now = utc_now()
    deadline = settled_deadline(request.deadline, now)
    await owned(transaction, account.id, request.document, "contract_document")
    require_distinct(request.parties)
    enterprises = [await enterprise_named(reader, party) for party in request.parties]
    contract_id = reserved("ctr")
    if await transaction.get(Contract, contract_id) is None:
        transaction.add(
            Contract(
                id=contract_id,
                title=request.title,
                upload_id=request.document,
                sender_account=account.id,
                sender_enterprise=await sending_enterprise(reader, enterprises),
                deadline=deadline,
                term_ends_on=request.term_ends_on,
                created_at=now,
            )
        )
        await transaction.flush()
        for ordinal, (party, enterprise) in enumerate(zip(request.parties, enterprises, strict=True), 1):
            party_id = f"pty_{contract_id.partition('_')[2]}_{ordinal}"
            transaction.add(
                Party(
                    id=party_id,
                    contract_id=contract_id,
                    ordinal=ordinal,
                    kind=party.kind,
                    enterprise_id=enterprise.id if enterprise else None,
                    contact_index=contact_index(keyring, party.contact),
                    personal=sealed_party(keyring, party_id, PartyPerson(name=party.name, contact=party.contact)),
                    places=[place.model_dump() for place in party.fields],
                )
            )
    await transaction.commit()
    opening = Opening(process_id=contract_id, owner_account=account.id, deadline=deadline)
    await open_process(engine, ContractSigning.run, opening)
    return await view_of(reader, await process_seen_by(reader, contract_id))


def settled_deadline(wanted: datetime | None, now: datetime) -> datetime:
    deadline = wanted or now + SIGNING_DEADLINE
    if deadline.tzinfo is None or not now < deadline <= now + SIGNING_DEADLINE_MAX:
        raise DeadlineInvalid
    return deadline


def require_distinct(parties: list[PartyRequest]) -> None:
    """One contact acts for one party; an enterprise is named by its code, a person has none."""
    if len({party.contact for party in parties}) != len(parties):
        raise PartiesInvalid(reason="contact_repeated")
    if any((party.kind == "enterprise") != (party.enterprise_uscc is not None) for party in parties):
        raise PartiesInvalid(reason="enterprise_uscc")


async def enterprise_named(reader: Reader, party: PartyRequest) -> Enterprise | None:
    """E07: the name is compared before sending, not found wrong at signing."""
    if party.enterprise_uscc is None:
        return None
    found = await reader.session.exec(select(Enterprise).where(Enterprise.uscc == party.enterprise_uscc))
    enterprise = found.first()
    if enterprise is None:
        raise EnterpriseNotVerified
    if enterprise.name != party.name:
        raise PartiesInvalid(reason="enterprise_name")
    return enterprise


async def sending_enterprise(reader: Reader, enterprises: list[Enterprise | None]) -> str:
    """The sender is a party: the one its account administers."""
    administered = await reader.session.exec(
        select(Member.enterprise_id).where(Member.account_id == reader.account.id, col(Member.ended_at).is_(None))
    )
    own = set(administered)
    for enterprise in enterprises:
        if enterprise is not None and enterprise.id in own:
            return enterprise.id
    raise EnterpriseNotVerified


@router.get("/{contract_id}")
async def get_contract(contract_id: str, reader: CurrentReader) -> ProcessView:
    return await view_of(reader, await process_seen_by(reader, contract_id, "contract_signing"))


@router.post("/{contract_id}/send", dependencies=[KeyRequired])
async def send(contract_id: str, reader: CurrentReader, engine: Engine, reserved: Reserved) -> ProcessView:
    """Every party gets a message with a link (Q01)."""
    process = await process_seen_by(reader, contract_id, "contract_signing")
    return await act_on(reader, engine, process, "send", Act(actor=reader.account.id), reserved("act"))


@router.post("/{contract_id}/open", name="open_contract")
async def open_contract(contract_id: str, reader: CurrentReader, engine: Engine, reserved: Reserved) -> ProcessView:
    """The party opens the contract to read it; needed once before consenting."""
    process, party = await as_party(reader, contract_id)
    act = PartyAct(actor=reader.account.id, party_id=party.id)
    return await act_on(reader, engine, process, "open", act, reserved("act"))


@router.post("/{contract_id}/consent", dependencies=[KeyRequired])
async def consent(
    contract_id: str, request: ConsentRequest, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    """Consent with a code to exactly the bytes read (Q03); after the last one everything is signed at once."""
    process, party = await as_party(reader, contract_id)
    act = Consented(
        actor=reader.account.id,
        party_id=party.id,
        challenge_id=request.challenge_id,
        code=request.code,
        document_sha256=request.document_sha256,
        places=request.placements,
    )
    return await act_on(reader, engine, process, "consent", act, reserved("act"))


@router.post("/{contract_id}/return", name="return_contract")
async def return_contract(
    contract_id: str, request: ReturnRequest, reader: CurrentReader, engine: Engine, reserved: Reserved
) -> ProcessView:
    """退回 (Q07): ends the signing; everyone is told the reason."""
    process, party = await as_party(reader, contract_id)
    act = Returned(actor=reader.account.id, party_id=party.id, reason=request.reason)
    return await act_on(reader, engine, process, "return", act, reserved("act"))


@router.post("/{contract_id}/withdraw", name="withdraw_contract")
async def withdraw(contract_id: str, reader: CurrentReader, engine: Engine, reserved: Reserved) -> ProcessView:
    """撤回 (P07), until the last consent."""
    process = await process_seen_by(reader, contract_id, "contract_signing")
    return await act_on(reader, engine, process, "withdraw", Act(actor=reader.account.id), reserved("act"))


async def as_party(reader: Reader, contract_id: str) -> tuple[Process, Party]:
    process = await process_seen_by(reader, contract_id, "contract_signing")
    account: Account = reader.account
    party = await party_of(reader.session, contract_id, account)
    if party is None:
        raise ResourceNotFound
    return process, party


@router.get("/{contract_id}/file", response_class=Response)
async def download(contract_id: str, reader: CurrentReader, store: Store) -> Response:
    """The sealed contract when completed, before that the document to be signed."""
    contract = await require_seen(reader, contract_id)
    data = await store.get(str(contract.sealed_key or contract.document_key))
    return Response(data, media_type="application/pdf", headers=PDF_HEADERS)


@router.get("/{contract_id}/pages/{page}.png", response_class=Response)
async def page_picture(contract_id: str, page: int, reader: CurrentReader, store: Store) -> Response:
    """One page as it looks now, counted from 1."""
    contract = await require_seen(reader, contract_id)
    pictures = contract.sealed_previews or contract.previews
    if not 1 <= page <= len(pictures):
        raise ResourceNotFound
    data = await store.get(pictures[page - 1])
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=300"})
