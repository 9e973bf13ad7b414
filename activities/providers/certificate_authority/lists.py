"""The newest revocation list of each issuer, signed again when something was revoked or it grows old."""

import asyncio
from datetime import UTC, datetime, timedelta

from activities.providers.certificate_authority.register import count_revoked_by, locked_list, revoked_by
from activities.providers.certificate_authority.revocation import Signer, revocation_list
from models.certificates import RevocationList
from models.database import Database

LIST_REFRESH = timedelta(hours=1)
LIST_LIFETIME = timedelta(days=7)


class RevocationLists:
    """Lists kept in the database: readers share one signature, the number grows by one with each."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def current(self, issuer: Signer, now: datetime) -> bytes:
        async with self.database.transaction() as session:
            kept = await session.get(RevocationList, issuer.serial)
            if kept and _is_current(kept, await count_revoked_by(session, issuer.serial), now):
                return kept.der
        return await self._renewed(issuer, now)

    async def _renewed(self, issuer: Signer, now: datetime) -> bytes:
        async with self.database.transaction() as session:
            kept = await locked_list(session, _never_made(issuer.serial))
            revoked = await revoked_by(session, issuer.serial)
            if _is_current(kept, len(revoked), now):
                return kept.der
            this_update = now.replace(microsecond=0)
            kept.number += 1
            kept.revoked = len(revoked)
            kept.this_update, kept.next_update = this_update, this_update + LIST_LIFETIME
            # Ten thousand entries take a noticeable part of a second to build.
            kept.der = await asyncio.to_thread(
                revocation_list, issuer, revoked, kept.number, kept.this_update, kept.next_update
            )
            return kept.der


def _is_current(kept: RevocationList, revoked: int, now: datetime) -> bool:
    return kept.revoked == revoked and kept.this_update <= now < kept.this_update + LIST_REFRESH


def _never_made(issuer: str) -> RevocationList:
    beginning = datetime.fromtimestamp(0, UTC)
    return RevocationList(issuer=issuer, number=0, revoked=0, this_update=beginning, next_update=beginning, der=b"")
