"""Who sees a contract, and what of it."""

from sqlmodel import col, select

from api.views import KINDS, Kind, Reader, process_seen_by
from models.contract_signing import (
    Consent,
    ConsentRequest,
    Contract,
    ContractSubject,
    Party,
    PartyView,
    Place,
    ReturnRequest,
    opened_party,
    opened_reason,
    party_of,
)
from models.evidence import Evidence
from models.processes import Process
from models.values import masked_contact


async def require_seen(reader: Reader, contract_id: str) -> Contract:
    await process_seen_by(reader, contract_id, "contract_signing")
    return await reader.session.get_one(Contract, contract_id, populate_existing=True)


async def roles(reader: Reader, process: Process) -> frozenset[str]:
    """A party sees the contract once it was sent."""
    held = {"sender"} if process.owner_account == reader.account.id else set()
    if process.state != "drafting" and await party_of(reader.session, process.id, reader.account) is not None:
        held.add("party")
    return frozenset(held)


async def withheld(reader: Reader, process: Process) -> frozenset[str]:
    """Reading comes before consenting, and consent is given once."""
    party = await party_of(reader.session, process.id, reader.account)
    if party is None:
        return frozenset()
    consented = await reader.session.get(Consent, party.id) is not None
    acts = {"open": party.opened_at is not None, "consent": consented or party.opened_at is None}
    return frozenset(act for act, gone in acts.items() if gone)


async def subject(reader: Reader, process: Process) -> ContractSubject:
    contract = await reader.session.get_one(Contract, process.id, populate_existing=True)
    evidence = await reader.session.exec(select(Evidence.number).where(Evidence.contract_id == contract.id))
    found = await reader.session.exec(
        select(Party, Consent)
        .join(Consent, col(Consent.party_id) == col(Party.id), isouter=True)
        .where(Party.contract_id == contract.id)
        .order_by(col(Party.ordinal))
        .execution_options(populate_existing=True)
    )
    return ContractSubject(
        title=contract.title,
        document_sha256=contract.document_sha256,
        pages=contract.pages,
        sealed_sha256=contract.sealed_sha256,
        term_ends_on=contract.term_ends_on,
        return_reason=opened_reason(reader.keyring, contract) or None,
        evidence_number=evidence.first(),
        parties=[party_view(reader, party, consent) for party, consent in found],
    )


def party_view(reader: Reader, party: Party, consent: Consent | None) -> PartyView:
    person = opened_party(reader.keyring, party)
    return PartyView(
        id=party.id,
        ordinal=party.ordinal,
        name=person.name,
        kind=party.kind,
        contact=masked_contact(person.contact),
        enterprise_id=party.enterprise_id,
        fields=[Place.model_validate(place) for place in party.places],
        opened_at=party.opened_at,
        consented_at=consent.at if consent else None,
    )


KINDS["contract_signing"] = Kind(
    resource="contracts",
    bodies={"consent": ConsentRequest, "return": ReturnRequest},
    roles=roles,
    subject=subject,
    withheld=withheld,
)
