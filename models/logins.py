"""Bounded password tries per login id: five, then half an hour of none."""

from datetime import datetime

from sqlalchemy import case, null, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.accounts import LoginAttempts
from models.errors import AccountLocked
from models.limits import LOGIN_ATTEMPTS, LOGIN_LOCK


async def claim_attempt(session: AsyncSession, contact_index: str, now: datetime) -> None:
    """Counted and committed before the password is looked at, so guesses at once are counted one by one.

    The fifth try locks; a right password clears it. Raises AccountLocked (``retry_after`` seconds).
    """
    row = LoginAttempts
    failed = case((col(row.locked_until).is_not(None), 1), else_=col(row.failed) + 1)
    claim = (
        insert(row)
        .values(contact_index=contact_index, failed=1)
        .on_conflict_do_update(
            index_elements=[col(row.contact_index)],
            set_={
                "failed": failed,
                "locked_until": case((failed >= LOGIN_ATTEMPTS, now + LOGIN_LOCK), else_=null()),
            },
            where=or_(col(row.locked_until).is_(None), col(row.locked_until) <= now),
        )
        .returning(col(row.failed))
    )
    claimed = (await session.exec(claim)).first()
    await session.commit()
    if claimed is None:
        found = await session.exec(select(row.locked_until).where(row.contact_index == contact_index))
        until = found.first()
        raise AccountLocked(retry_after=max(1, round((until - now).total_seconds())) if until else 1)


async def clear_attempts(session: AsyncSession, contact_index: str) -> None:
    await session.exec(delete(LoginAttempts).where(col(LoginAttempts.contact_index) == contact_index))
