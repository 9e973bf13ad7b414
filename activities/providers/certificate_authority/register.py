"""The authority's book: every serial ever taken, what it became, and the newest list of each issuer.

A serial is committed as planned before anything is signed with it, so a crash leaves a row to finish,
never a certificate nobody knows of.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.certificates import (
    Certificate,
    CertificateContent,
    CertificateKind,
    CertificateState,
    RevocationList,
    RevocationReason,
)
from models.database import Database
from models.errors import ResourceNotFound
from models.keyring import Keyring


class CertificateRegister:
    """Rows of certificates and revocation lists."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.keyring = keyring

    async def plan(self, planned: Certificate) -> Certificate:
        """Takes the serial; where the reference already has one, the row that has it."""
        statement = (
            insert(Certificate).values(planned.model_dump()).on_conflict_do_nothing(index_elements=["reference"])
        )
        async with self.database.transaction() as session:
            row = (await session.exec(statement.returning(Certificate))).scalar_one_or_none()
            if row is None:
                found = await session.exec(select(Certificate).where(Certificate.reference == planned.reference))
                row = found.one()
        return row

    async def plan_again(self, planned: Certificate, not_before: datetime, not_after: datetime) -> Certificate:
        """A new window for a serial whose first closed before it was signed; of racing calls the first decides."""
        values = {"not_before": not_before, "not_after": not_after}
        same_window = col(Certificate.not_after) == planned.not_after
        return await self._change(planned.serial, CertificateState.PLANNED, values, same_window)

    async def store_issued(self, serial: str, content: CertificateContent) -> Certificate:
        """The signed certificate; the row as stored, which a racing call may have written first."""
        values = {
            "state": CertificateState.ISSUED,
            "personal": self.keyring.seal("columns", _place(serial), content.model_dump_json().encode()),
        }
        return await self._change(serial, CertificateState.PLANNED, values)

    async def store_revoked(self, serial: str, reason: RevocationReason, now: datetime) -> Certificate:
        """Raises ResourceNotFound for a serial that was never issued; the first revocation stands."""
        values = {"state": CertificateState.REVOKED, "revoked_at": now, "revocation_reason": reason}
        row = await self._change(serial, CertificateState.ISSUED, values)
        if row.state != CertificateState.REVOKED:
            raise ResourceNotFound
        return row

    async def by_serial(self, serial: str) -> Certificate | None:
        async with self.database.transaction() as session:
            return await session.get(Certificate, serial)

    async def by_reference(self, reference: str) -> Certificate | None:
        async with self.database.transaction() as session:
            found = await session.exec(select(Certificate).where(Certificate.reference == reference))
            return found.one_or_none()

    async def of_kind(self, kind: CertificateKind) -> Sequence[Certificate]:
        """All of a kind, in one reading; for the few certificates of the authority itself."""
        async with self.database.transaction() as session:
            return (await session.exec(select(Certificate).where(Certificate.kind == kind))).all()

    def content(self, row: Certificate) -> CertificateContent:
        if row.personal is None:
            raise LookupError(row.serial)
        opened = self.keyring.open("columns", _place(row.serial), row.personal)
        return CertificateContent.model_validate_json(opened)

    async def _change(
        self,
        serial: str,
        was: CertificateState,
        values: Mapping[str, object],
        *conditions: ColumnElement[bool],
    ) -> Certificate:
        """Compare and set on the state; the row as it then is. Raises ResourceNotFound for an unknown serial."""
        known = (col(Certificate.serial) == serial, col(Certificate.state) == was, *conditions)
        statement = update(Certificate).where(*known).values(**values).returning(Certificate)
        async with self.database.transaction() as session:
            row: Certificate | None = (await session.exec(statement)).scalar_one_or_none()
            if row is None:
                row = await session.get(Certificate, serial)
        if row is None:
            raise ResourceNotFound
        return row


async def revoked_by(session: AsyncSession, issuer: str) -> Sequence[Certificate]:
    """What a list of this issuer must name."""
    revoked = select(Certificate).where(Certificate.issuer == issuer, Certificate.state == CertificateState.REVOKED)
    return (await session.exec(revoked.order_by(col(Certificate.serial)))).all()


async def count_revoked_by(session: AsyncSession, issuer: str) -> int:
    revoked = (
        select(func.count())
        .select_from(Certificate)
        .where(Certificate.issuer == issuer, Certificate.state == CertificateState.REVOKED)
    )
    return (await session.exec(revoked)).one()


async def locked_list(session: AsyncSession, empty: RevocationList) -> RevocationList:
    """The issuer's list, locked for the transaction; ``empty`` where there was none."""
    await session.exec(insert(RevocationList).values(empty.model_dump()).on_conflict_do_nothing())
    found = await session.exec(select(RevocationList).where(RevocationList.issuer == empty.issuer).with_for_update())
    return found.one()


def _place(serial: str) -> str:
    return f"certificate/{serial}"
