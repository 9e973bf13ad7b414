from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import process_time

import httpx2
import pytest
from sqlmodel import col, select, update

from api.dependencies import token_digest
from models.accounts import LoginSession
from models.database import Database, utc_now
from tests.api.conftest import PASSWORD, Person, key

SendCode = Callable[[str, str], Awaitable[tuple[str, str]]]


async def test_a14_a_code_opens_a_session(
    client: httpx2.AsyncClient,
    register: Callable[..., Awaitable[httpx2.Response]],
    send_code: SendCode,
    forget_quota: Callable[[str], Awaitable[None]],
    new_mobile: Callable[[], str],
) -> None:
    contact = new_mobile()
    created = await register(contact)
    await forget_quota(contact)
    challenge_id, code = await send_code("login", contact)
    opened = await client.post("/v1/sessions", json={"challenge_id": challenge_id, "code": code})
    assert opened.status_code == 201
    assert opened.json()["account"]["id"] == created.json()["id"]
    again = await client.post("/v1/sessions", json={"challenge_id": challenge_id, "code": code})
    assert (again.status_code, again.json()["code"]) == (422, "code_expired")


async def test_only_the_digest_of_a_token_is_stored(person: Person, database: Database) -> None:
    async with database.sessions() as session:
        found = await session.exec(select(LoginSession).where(LoginSession.account_id == person.account_id))
        row = found.one()
    assert row.token_digest == token_digest(person.token)
    assert person.token not in str(row)


async def test_a_revoked_session_ends_at_once(client: httpx2.AsyncClient, person: Person) -> None:
    ended = await client.delete("/v1/sessions/current", headers=person.headers)
    assert (ended.status_code, ended.content) == (204, b"")
    refused = await client.get("/v1/me", headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "login_required")
    assert refused.headers["www-authenticate"] == "Bearer"


async def test_one_session_ends_another_of_the_same_account(client: httpx2.AsyncClient, person: Person) -> None:
    other = await client.post("/v1/sessions", json={"contact": person.contact, "password": PASSWORD})
    listed = (await client.get("/v1/sessions", headers=person.headers)).json()
    assert [entry["current"] for entry in listed] == [False, True]
    ended = await client.delete(f"/v1/sessions/{other.json()['id']}", headers=person.headers)
    assert ended.status_code == 204
    theirs = {"Authorization": f"Bearer {other.json()['token']}"}
    assert (await client.get("/v1/me", headers=theirs)).status_code == 401


async def test_a_session_of_another_account_is_not_found(
    client: httpx2.AsyncClient, person: Person, other_person: Person
) -> None:
    theirs = (await client.get("/v1/sessions", headers=other_person.headers)).json()[0]["id"]
    assert (await client.delete(f"/v1/sessions/{theirs}", headers=person.headers)).status_code == 404
    assert (await client.get("/v1/me", headers=other_person.headers)).status_code == 200


@pytest.mark.parametrize(
    ("column", "ago", "status"),
    [
        ("last_seen_at", timedelta(minutes=31), 401),
        ("last_seen_at", timedelta(minutes=29), 200),
        ("opened_at", timedelta(hours=12, seconds=1), 401),
        ("opened_at", timedelta(hours=11, minutes=59), 200),
    ],
)
async def test_a_session_ends_idle_after_30_minutes_and_always_after_12_hours(
    client: httpx2.AsyncClient, person: Person, database: Database, column: str, ago: timedelta, status: int
) -> None:
    async with database.transaction() as session:
        await session.exec(
            update(LoginSession)
            .where(col(LoginSession.token_digest) == token_digest(person.token))
            .values({column: utc_now() - ago})
        )
    assert (await client.get("/v1/me", headers=person.headers)).status_code == status


async def test_use_keeps_a_session_from_going_idle(
    client: httpx2.AsyncClient, person: Person, database: Database
) -> None:
    mine = col(LoginSession.token_digest) == token_digest(person.token)
    async with database.transaction() as session:
        await session.exec(update(LoginSession).where(mine).values(last_seen_at=utc_now() - timedelta(minutes=20)))
    await client.get("/v1/me", headers=person.headers)
    async with database.sessions() as session:
        seen = (await session.exec(select(LoginSession.last_seen_at).where(mine))).one()
    assert utc_now() - seen < timedelta(minutes=1)


async def test_the_fifth_wrong_password_locks_and_the_right_one_waits(
    client: httpx2.AsyncClient, person: Person
) -> None:
    for _ in range(5):
        wrong = await client.post("/v1/sessions", json={"contact": person.contact, "password": "Wrong123"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "credentials_wrong")
    locked = await client.post("/v1/sessions", json={"contact": person.contact, "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "account_locked")
    assert 1790 < int(locked.headers["retry-after"]) <= 1800


async def test_a_right_password_clears_the_count(client: httpx2.AsyncClient, person: Person) -> None:
    for password in (*["Wrong123"] * 4, PASSWORD, *["Wrong123"] * 4, PASSWORD):
        answer = await client.post("/v1/sessions", json={"contact": person.contact, "password": password})
        assert answer.status_code == (201 if password == PASSWORD else 401)


async def test_an_unknown_account_is_refused_and_locked_like_a_known_one(
    client: httpx2.AsyncClient, person: Person, new_mobile: Callable[[], str]
) -> None:
    answers: list[list[dict[str, object]]] = []
    for contact in (person.contact, new_mobile()):
        tries = []
        for _ in range(6):
            answer = await client.post("/v1/sessions", json={"contact": contact, "password": "Wrong123"})
            tries.append({**answer.json(), "request_id": "", "retry_after": 0})
        answers.append(tries)
    assert answers[0] == answers[1]


async def test_an_unknown_account_takes_as_long_as_a_wrong_password(
    client: httpx2.AsyncClient, person: Person, new_mobile: Callable[[], str]
) -> None:
    async def work(contact: str) -> float:
        """In processor time, which the load of other processes does not change."""
        begun = process_time()
        await client.post("/v1/sessions", json={"contact": contact, "password": "Wrong123"})
        return process_time() - begun

    pairs = [(await work(person.contact), await work(new_mobile())) for _ in range(4)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert 0.6 < unknown / known < 1.6


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"contact": "13900000000"},
        {"contact": "13900000000", "code": "123456"},
        {"contact": "13900000000", "password": "x", "challenge_id": "chl_1", "code": "123456"},
    ],
)
async def test_a_session_opens_by_password_or_by_code(client: httpx2.AsyncClient, content: dict[str, str]) -> None:
    refused = await client.post("/v1/sessions", json=content, headers=key())
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "password_or_code"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer \xff\xfe", "Bearer " + "a" * 9000])
async def test_any_other_authorization_is_nobody(client: httpx2.AsyncClient, value: str) -> None:
    refused = await client.get("/v1/me", headers={b"Authorization": value.encode("latin-1")})
    assert (refused.status_code, refused.json()["code"]) == (401, "login_required")
