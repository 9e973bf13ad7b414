from collections.abc import Awaitable, Callable

import httpx2
import pytest

from models.messages import MessageContent
from tests.api.conftest import PASSWORD, Person

Register = Callable[..., Awaitable[httpx2.Response]]
SendCode = Callable[[str, str], Awaitable[tuple[str, str]]]


async def test_a03_a_mobile_number_becomes_the_login_id(
    client: httpx2.AsyncClient, register: Register, new_mobile: Callable[[], str]
) -> None:
    contact = new_mobile()
    created = await register(contact)
    assert created.status_code == 201
    assert created.json()["contact"] == f"{contact[:3]}****{contact[-4:]}"
    opened = await client.post("/v1/sessions", json={"contact": f"+86 {contact}", "password": PASSWORD})
    assert opened.status_code == 201
    assert opened.json()["account"]["id"] == created.json()["id"]


async def test_a03_an_email_address_becomes_the_login_id(
    client: httpx2.AsyncClient, register: Register, new_email: Callable[[], str]
) -> None:
    contact = new_email()
    created = await register(contact)
    assert created.status_code == 201
    opened = await client.post("/v1/sessions", json={"contact": contact.upper(), "password": PASSWORD})
    assert opened.json()["account"]["id"] == created.json()["id"]


async def test_a04_mobile_and_email_of_one_person_are_two_accounts(
    register: Register, new_mobile: Callable[[], str], new_email: Callable[[], str]
) -> None:
    by_mobile = await register(new_mobile(), name="李四样例")
    by_email = await register(new_email(), name="李四样例")
    assert by_mobile.json()["id"] != by_email.json()["id"]
    assert (by_mobile.json()["channel"], by_email.json()["channel"]) == ("sms", "email")


async def test_a05_a06_a07_names_are_kept_and_none_is_none(register: Register, new_mobile: Callable[[], str]) -> None:
    invited = {"company_name": "样例科技（北京）有限公司", "invited": True, "invited_by": "样例 集团"}
    created = (await register(new_mobile(), **invited)).json()
    assert (created["name"], created["company_name"]) == ("张三样例", "样例科技（北京）有限公司")
    assert created["invited_by"] == "样例 集团"
    alone = (await register(new_mobile(), company_name="无")).json()
    assert (alone["company_name"], alone["invited_by"]) == (None, None)


async def test_a07_an_invited_person_names_the_enterprise(register: Register, new_mobile: Callable[[], str]) -> None:
    refused = await register(new_mobile(), invited=True)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "invited_by_required"


@pytest.mark.parametrize("password", ["Aa345", "Aa34567890123456789", "abcdef1", "ABCDEF1", "Abcdefg", "Aa3456\x07"])
async def test_a08_a_weak_password_is_refused_and_the_code_stays_usable(
    client: httpx2.AsyncClient, send_code: SendCode, new_mobile: Callable[[], str], password: str
) -> None:
    challenge_id, code = await send_code("register", new_mobile())
    content = {"challenge_id": challenge_id, "code": code, "name": "张三样例"}
    refused = await client.post("/v1/accounts", json={**content, "password": password})
    assert (refused.status_code, refused.json()["code"]) == (422, "password_too_weak")
    created = await client.post("/v1/accounts", json={**content, "password": PASSWORD})
    assert created.status_code == 201


@pytest.mark.parametrize("password", ["Aa3456", "Aa3456789012345678"])
async def test_a08_six_and_eighteen_characters_are_enough(
    register: Register, new_mobile: Callable[[], str], password: str
) -> None:
    assert (await register(new_mobile(), password=password)).status_code == 201


async def test_a09_the_callback_consent_is_unticked_at_first(register: Register, new_mobile: Callable[[], str]) -> None:
    assert (await register(new_mobile())).json()["phone_callback_consent"] is False
    ticked = await register(new_mobile(), phone_callback_consent=True)
    assert ticked.json()["phone_callback_consent"] is True


async def test_registering_a_known_contact_answers_alike_and_sends_no_code(
    person: Person,
    forget_quota: Callable[[str], Awaitable[None]],
    message_of: Callable[[str], Awaitable[MessageContent]],
    send_code: SendCode,
) -> None:
    await forget_quota(person.contact)
    challenge_id, code = await send_code("register", person.contact)
    assert code == ""
    assert (await message_of(challenge_id)).text == "【千章】该账号已注册，请直接登录。如非本人操作，请忽略。"


async def test_me_shows_the_own_account_with_a_masked_contact(client: httpx2.AsyncClient, person: Person) -> None:
    me = await client.get("/v1/me", headers=person.headers)
    assert me.json()["id"] == person.account_id
    assert person.contact not in me.text


async def test_unknown_fields_are_refused_by_name(register: Register, new_mobile: Callable[[], str]) -> None:
    refused = await register(new_mobile(), administrator=True)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"part": "body", "pointer": "/administrator", "code": "extra_forbidden", "detail": "未知的字段。"}
    ]
