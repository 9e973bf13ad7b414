"""The evidence of a completed contract (存证, S): who did what, when, to which bytes; timestamped."""

import asyncio
import hashlib
import json
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.providers.timestamp import TimestampClient
from models.contract_signing import Consent, Contract, Deposit, Party, SignatureIntent
from models.database import Database
from models.evidence import Evidence
from models.processes import ProcessEvent


class Depositing:
    def __init__(self, database: Database, timestamps: TimestampClient) -> None:
        self.database = database
        self.timestamps = timestamps

    @activity.defn
    async def deposit_evidence(self, deposit: Deposit) -> None:
        """One entry per contract; a repetition finds it there."""
        async with self.database.transaction() as session:
            if (await session.exec(select(Evidence).where(Evidence.contract_id == deposit.contract_id))).first():
                return
            contract = await session.get_one(Contract, deposit.contract_id)
            manifest = await manifest_of(session, contract, deposit.number)
        digest = hashlib.sha256(canonical(manifest)).digest()
        token = await asyncio.to_thread(self.timestamps.token, digest)
        async with self.database.transaction() as session:
            session.add(
                Evidence(
                    number=deposit.number,
                    contract_id=contract.id,
                    document_sha256=str(contract.sealed_sha256),
                    manifest=manifest,
                    manifest_sha256=digest.hex(),
                    timestamp_token=token,
                    deposited_at=deposit.at,
                )
            )


def canonical(manifest: dict[str, Any]) -> bytes:
    """The bytes the digest is over: sorted keys, no spaces, UTF-8."""
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


async def manifest_of(session: AsyncSession, contract: Contract, number: str) -> dict[str, Any]:
    """Ids, digests, serials and times; no names."""
    parties = await session.exec(
        select(Party, Consent, SignatureIntent)
        .join(Consent, col(Consent.party_id) == col(Party.id))
        .join(SignatureIntent, col(SignatureIntent.party_id) == col(Party.id))
        .where(Party.contract_id == contract.id)
        .order_by(col(Party.ordinal))
    )
    events = await session.exec(
        select(ProcessEvent).where(ProcessEvent.process_id == contract.id).order_by(col(ProcessEvent.seq))
    )
    return {
        "number": number,
        "contract": contract.id,
        "document_sha256": contract.document_sha256,
        "sealed_sha256": contract.sealed_sha256,
        "parties": [
            {
                "party": party.id,
                "kind": party.kind,
                "account": consent.account_id,
                "consented_to_sha256": consent.document_sha256,
                "consented_at": consent.at.isoformat(),
                "factor": consent.factor,
                "challenge": consent.challenge_id,
                "seal": consent.seal_id,
                "seal_version": consent.seal_version,
                "certificate": intent.certificate_serial,
            }
            for party, consent, intent in parties
        ],
        "events": [
            {
                "seq": event.seq,
                "event": event.event,
                "actor": event.actor,
                "from": event.from_state,
                "to": event.to_state,
                "at": event.at.isoformat(),
            }
            for event in events
        ],
    }
