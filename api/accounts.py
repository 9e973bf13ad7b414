"""Registration (A03–A09) and what one sees of the own account."""

from fastapi import APIRouter
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from api.dependencies import CurrentAccount, Hashes, Keys, Reserved, Transaction
from api.idempotency import TransactionRoute
from models.accounts import (
    Account,
    AccountCreation,
    AccountPersonal,
    AccountView,
    account_view,
    contact_index,
    seal_personal,
)
from models.challenges import check
from models.database import utc_now
from models.errors import AccountExists
from models.passwords import require_strong
from models.values import channel_of

router = APIRouter(route_class=TransactionRoute, tags=["accounts"])


@router.post("/v1/accounts", status_code=201)
async def create_account(
    creation: AccountCreation, transaction: Transaction, keyring: Keys, hashes: Hashes, reserved: Reserved
) -> AccountView:
    password = creation.password.get_secret_value()
    require_strong(password)
    now = utc_now()
    contact = await check(transaction, keyring, creation.challenge_id, "register", None, None, creation.code, now=now)
    account_id = reserved("acc")
    personal = AccountPersonal(
        contact=contact,
        name=creation.name,
        company_name=creation.company_name,
        invited_by=creation.invited_by,
    )
    account = Account(
        id=account_id,
        contact_index=contact_index(keyring, contact),
        channel=channel_of(contact),
        personal=seal_personal(keyring, account_id, personal),
        password_hash=await hashes.hash(password),
        phone_callback_consent=creation.phone_callback_consent,
        created_at=now,
    )
    added = await transaction.exec(
        insert(Account).values(account.model_dump()).on_conflict_do_nothing().returning(col(Account.id))
    )
    if added.first() is None:
        raise AccountExists
    return account_view(keyring, account)


@router.get("/v1/me")
async def get_me(account: CurrentAccount, keyring: Keys) -> AccountView:
    return account_view(keyring, account)
