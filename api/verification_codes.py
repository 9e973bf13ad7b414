"""Codes by SMS or e-mail (A03, A14, A16) that prove a contact, or agree to a contract."""

from fastapi import APIRouter
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import AccountIfKnown, Engine, KeyRequired, Keys, Language, Reserved, Transaction
from api.idempotency import TransactionRoute
from models.accounts import Account, contact_index
from models.challenges import CodeRequest, CodeSent, message_id, send_code
from models.contract_signing import subject_for_consent
from models.database import utc_now
from models.errors import ContactOfAnotherAccount, LoginRequired
from models.keyring import Keyring
from models.limits import CODE_RESEND
from workflows.messages import start_delivery

router = APIRouter(route_class=TransactionRoute, tags=["accounts"])


async def worded(
    session: AsyncSession, keyring: Keyring, request: CodeRequest, account: Account | None
) -> tuple[str, str | None]:
    """Template and subject. Known and unknown contacts get the same answer: only the message differs."""
    index = contact_index(keyring, request.to)
    if request.subject is not None:
        return "consent_code", await consent_subject(session, request.subject, account, index)
    found = await session.exec(select(Account.id).where(Account.contact_index == index))
    known = found.first() is not None
    if request.purpose == "register":
        return "registered_already" if known else "register_code", None
    return "login_code" if known else "not_registered", None


async def consent_subject(session: AsyncSession, contract_id: str, account: Account | None, index: str) -> str:
    if account is None:
        raise LoginRequired
    if account.contact_index != index:
        raise ContactOfAnotherAccount
    return await subject_for_consent(session, contract_id, account.id)


@router.post("/v1/verification-codes", status_code=202, dependencies=[KeyRequired])
async def send_verification_code(
    request: CodeRequest,
    account: AccountIfKnown,
    transaction: Transaction,
    keyring: Keys,
    engine: Engine,
    reserved: Reserved,
    language: Language,
) -> CodeSent:
    template, subject = await worded(transaction, keyring, request, account)
    challenge = await send_code(
        transaction,
        keyring,
        request.purpose,
        request.to,
        subject,
        now=utc_now(),
        challenge_id=reserved("chl"),
        template=template,
        facts={},
        language=language,
    )
    await transaction.commit()
    await start_delivery(engine, message_id(challenge.id))
    return CodeSent(
        challenge_id=challenge.id,
        expires_at=challenge.expires_at,
        resend_after=int(CODE_RESEND.total_seconds()),
    )
