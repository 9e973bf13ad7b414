import asyncio
import re
from collections.abc import Awaitable, Callable

import httpx2
from sqlmodel import func, select
from temporalio.client import Client

from models.accounts import contact_index
from models.challenges import Challenge, message_id
from models.database import Database
from models.keyring import Keyring
from models.messages import MessageContent
from tests.api.conftest import PASSWORD, Person, key

SendCode = Callable[[str, str], Awaitable[tuple[str, str]]]
ReadMessage = Callable[[str], Awaitable[MessageContent]]


def asked(contact: str, purpose: str = "register", **more: str) -> dict[str, str]:
    channel = "email" if "@" in contact else "sms"
    return {"channel": channel, "to": contact, "purpose": purpose, **more}


async def test_a16_a_code_of_six_digits_is_sent(
    client: httpx2.AsyncClient, message_of: ReadMessage, new_mobile: Callable[[], str]
) -> None:
    contact = new_mobile()
    answer = await client.post("/v1/verification-codes", json=asked(contact), headers=key())
    assert answer.status_code == 202
    assert answer.json()["resend_after"] == 60
    message = await message_of(answer.json()["challenge_id"])
    assert message.to == contact
    assert re.fullmatch(r"【千章】注册验证码 \d{6}，5分钟内有效。请勿告知他人。", message.text)


async def test_a16_a_code_of_other_than_six_digits_is_refused(
    client: httpx2.AsyncClient, send_code: SendCode, new_mobile: Callable[[], str]
) -> None:
    challenge_id, code = await send_code("register", new_mobile())
    for wrong in (code[:5], code + "0", "１２３４５６", " " + code):
        content = {"challenge_id": challenge_id, "code": wrong, "password": PASSWORD, "name": "张三样例"}
        refused = await client.post("/v1/accounts", json=content)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/code"


async def test_the_message_is_in_the_readers_language(
    client: httpx2.AsyncClient, message_of: ReadMessage, new_email: Callable[[], str]
) -> None:
    headers = key() | {"Accept-Language": "en-GB,en;q=0.9"}
    answer = await client.post("/v1/verification-codes", json=asked(new_email()), headers=headers)
    message = await message_of(answer.json()["challenge_id"])
    assert message.subject == "Registration code"
    assert "is your registration code" in message.text


async def test_the_delivery_is_begun_under_the_messages_id(
    client: httpx2.AsyncClient, engine: Client, new_mobile: Callable[[], str]
) -> None:
    answer = await client.post("/v1/verification-codes", json=asked(new_mobile()), headers=key())
    described = await engine.get_workflow_handle(message_id(answer.json()["challenge_id"])).describe()
    assert described.workflow_type == "MessageDelivery"


async def test_a_message_costs_money_so_the_key_is_required(
    client: httpx2.AsyncClient, new_mobile: Callable[[], str]
) -> None:
    refused = await client.post("/v1/verification-codes", json=asked(new_mobile()))
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_retry_sends_nothing_and_costs_no_quota(
    client: httpx2.AsyncClient, new_mobile: Callable[[], str]
) -> None:
    contact, same_key = new_mobile(), key()
    first = await client.post("/v1/verification-codes", json=asked(contact), headers=same_key)
    again = await client.post("/v1/verification-codes", json=asked(contact), headers=same_key)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_second_code_within_a_minute_is_refused(
    client: httpx2.AsyncClient, send_code: SendCode, new_mobile: Callable[[], str]
) -> None:
    contact = new_mobile()
    await send_code("register", contact)
    refused = await client.post("/v1/verification-codes", json=asked(contact), headers=key())
    assert (refused.status_code, refused.json()["code"]) == (429, "code_sent_too_often")
    assert 55 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])


async def test_of_twenty_requests_at_once_for_one_number_one_sends(
    client: httpx2.AsyncClient, database: Database, keyring: Keyring, new_mobile: Callable[[], str]
) -> None:
    contact = new_mobile()
    answers = await asyncio.gather(
        *(client.post("/v1/verification-codes", json=asked(contact), headers=key()) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [202] + [429] * 19
    async with database.sessions() as session:
        sent = await session.exec(
            select(func.count()).where(Challenge.contact_index == contact_index(keyring, contact))
        )
        assert sent.one() == 1


async def test_a_login_code_for_nobody_answers_alike_and_holds_no_code(
    client: httpx2.AsyncClient,
    person: Person,
    forget_quota: Callable[[str], Awaitable[None]],
    message_of: ReadMessage,
    new_mobile: Callable[[], str],
) -> None:
    await forget_quota(person.contact)
    known = await client.post("/v1/verification-codes", json=asked(person.contact, "login"), headers=key())
    unknown = await client.post("/v1/verification-codes", json=asked(new_mobile(), "login"), headers=key())
    assert (known.status_code, known.json().keys()) == (unknown.status_code, unknown.json().keys())
    assert re.search(r"\d{6}", (await message_of(known.json()["challenge_id"])).text)
    assert not re.search(r"\d{6}", (await message_of(unknown.json()["challenge_id"])).text)


async def test_the_channel_must_fit_the_contact(client: httpx2.AsyncClient, new_mobile: Callable[[], str]) -> None:
    content = asked(new_mobile()) | {"channel": "email"}
    refused = await client.post("/v1/verification-codes", json=content, headers=key())
    assert refused.json()["errors"][0]["code"] == "channel_of_other_kind"


async def test_a_consent_code_is_for_a_party_of_the_contract_only(
    client: httpx2.AsyncClient, person: Person, other_person: Person
) -> None:
    content = asked(person.contact, "sign_contract", subject="ctr_unknown")
    stranger = await client.post("/v1/verification-codes", json=content, headers=key())
    assert stranger.json()["code"] == "login_required"
    other = await client.post("/v1/verification-codes", json=content, headers=key() | other_person.headers)
    assert other.json()["code"] == "contact_of_another_account"
    own = await client.post("/v1/verification-codes", json=content, headers=key() | person.headers)
    assert own.json()["code"] == "resource_not_found"
