"""A small application of our route class whose routes we can hold, fail and end at will."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Form, UploadFile
from fastapi.middleware import Middleware
from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel import col, func, select, update

from api import errors
from api.dependencies import KeyRequired, Keys, Reserved, Transaction
from api.edge import Edge, Metrics
from api.idempotency import TransactionRoute
from models.database import Database, utc_now
from models.errors import AlreadyConsented, EngineUnavailable
from models.idempotency import IdempotencyRecord
from models.keyring import Keyring
from models.messages import Message, queue
from observability import RequestLog

router = APIRouter(route_class=TransactionRoute)


class Order(BaseModel):
    amount: int
    fail: str = ""


class Gate:
    """Holds the work of a request until it is opened."""

    def __init__(self) -> None:
        self.entered, self.opened = asyncio.Event(), asyncio.Event()


gates: dict[int, Gate] = {}
failing: set[str] = set()


@router.post("/orders", status_code=201)
async def place(order: Order, transaction: Transaction, keyring: Keys, reserved: Reserved) -> dict[str, str]:
    order_id = reserved("msg")
    await queue(transaction, keyring, order_id, "13900000000", "not_registered", {})
    if order.fail == "late refusal":
        raise AlreadyConsented
    await transaction.commit()
    if gate := gates.get(order.amount):
        gate.entered.set()
        await gate.opened.wait()
    if order.fail in failing:
        failing.discard(order.fail)
        raise EngineUnavailable
    return {"id": order_id, "secret": secrets.token_hex(4)}


@router.get("/orders/{order_id}")
async def look_at(order_id: str, transaction: Transaction) -> dict[str, str]:
    order = await transaction.get_one(Message, order_id)
    return {"status": order.status}


@router.post("/files")
async def store(file: UploadFile, kind: str = Form()) -> dict[str, str]:
    return {"content": (await file.read()).decode(), "kind": kind, "made": secrets.token_hex(4)}


@router.delete("/orders/{order_id}", status_code=204)
async def remove(order_id: str) -> None:
    failing.add(order_id)


@router.post("/paid", dependencies=[KeyRequired])
async def pay() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
async def shop(database: Database, keyring: Keyring) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI(middleware=[Middleware(RequestLog), Middleware(Edge, metrics=Metrics())])
    app.include_router(router)
    errors.install(app)
    keyed = Database(database.engine.url.render_as_string(hide_password=False), 10)
    app.state.database, app.state.keyed_database, app.state.keyring = database, keyed, keyring
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop", timeout=60) as client:
        yield client
    await keyed.close()


@pytest.fixture
def same() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(12)}


async def orders_of(database: Database, order_id: str) -> int:
    async with database.sessions() as session:
        return (await session.exec(select(func.count()).where(Message.id == order_id))).one()


async def test_the_same_key_and_content_replays_the_first_answer(
    shop: httpx2.AsyncClient, database: Database, same: dict[str, str]
) -> None:
    first = await shop.post("/orders", json={"amount": 1, "fail": ""}, headers=same)
    again = await shop.post("/orders", content=b'{"fail":"",  "amount": 1}', headers=same | JSON)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert await orders_of(database, first.json()["id"]) == 1


JSON = {"Content-Type": "application/json"}


async def test_the_same_key_with_other_content_is_refused(shop: httpx2.AsyncClient, same: dict[str, str]) -> None:
    await shop.post("/orders", json={"amount": 1}, headers=same)
    refused = await shop.post("/orders", json={"amount": 2}, headers=same)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


async def test_without_a_key_every_request_is_new(shop: httpx2.AsyncClient) -> None:
    answers = [await shop.post("/orders", json={"amount": 1}) for _ in range(2)]
    assert answers[0].json()["id"] != answers[1].json()["id"]


async def test_of_two_at_once_one_works_and_the_other_is_told_to_wait(
    shop: httpx2.AsyncClient, same: dict[str, str]
) -> None:
    gate = gates[1001] = Gate()
    first = asyncio.create_task(shop.post("/orders", json={"amount": 1001}, headers=same))
    await gate.entered.wait()
    second = await asyncio.wait_for(shop.post("/orders", json={"amount": 1001}, headers=same), 10)
    assert (second.status_code, second.json()["code"]) == (409, "request_in_flight")
    gate.opened.set()
    assert (await first).status_code == 201
    assert (await shop.post("/orders", json={"amount": 1001}, headers=same)).json() == (await first).json()


async def test_racing_requests_of_one_key_have_one_effect(shop: httpx2.AsyncClient, same: dict[str, str]) -> None:
    answers = await asyncio.gather(*(shop.post("/orders", json={"amount": 7}, headers=same) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1


async def test_a_retry_after_a_crash_makes_the_same_id(
    shop: httpx2.AsyncClient, database: Database, same: dict[str, str]
) -> None:
    gate = gates[1002] = Gate()
    dying = asyncio.create_task(shop.post("/orders", json={"amount": 1002}, headers=same))
    await gate.entered.wait()
    async with database.sessions() as session:
        left = set((await session.exec(select(Message.id))).all())
        await (await session.connection()).execute(text(HOLDER_ENDS))  # what the server sees when our process dies
    gate.opened.set()
    assert (await dying).status_code == 503
    retried = await shop.post("/orders", json={"amount": 1002}, headers=same)
    assert retried.status_code == 201
    assert retried.json()["id"] in left
    assert await orders_of(database, retried.json()["id"]) == 1


HOLDER_ENDS = """select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and granted and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())"""


async def test_a_cancelled_request_gives_its_lock_back(shop: httpx2.AsyncClient, same: dict[str, str]) -> None:
    gate = gates[1003] = Gate()
    dying = asyncio.create_task(shop.post("/orders", json={"amount": 1003}, headers=same))
    await gate.entered.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    gate.opened.set()
    assert (await shop.post("/orders", json={"amount": 1003}, headers=same)).status_code == 201


async def test_503_is_not_stored_and_the_retry_continues_the_same_order(
    shop: httpx2.AsyncClient, database: Database, same: dict[str, str]
) -> None:
    failing.add(same["Idempotency-Key"])
    order = {"amount": 1, "fail": same["Idempotency-Key"]}
    async with database.sessions() as session:
        before = set((await session.exec(select(Message.id))).all())
    away = await shop.post("/orders", json=order, headers=same)
    assert (away.status_code, away.json()["code"]) == (503, "engine_unavailable")
    assert away.headers["retry-after"] == "2"
    async with database.sessions() as session:
        made = set((await session.exec(select(Message.id))).all()) - before
    done = await shop.post("/orders", json=order, headers=same)
    assert done.status_code == 201
    assert done.json()["id"] in made


async def test_a_refusal_leaves_nothing_and_frees_the_key(
    shop: httpx2.AsyncClient, database: Database, same: dict[str, str]
) -> None:
    refused = await shop.post("/orders", json={"amount": 1, "fail": "late refusal"}, headers=same)
    assert refused.json()["code"] == "already_consented"
    invalid = await shop.post("/orders", json={"amount": "much"}, headers=same)
    assert invalid.status_code == 422
    done = await shop.post("/orders", json={"amount": 1}, headers=same)
    assert done.status_code == 201
    assert await orders_of(database, done.json()["id"]) == 1


async def test_without_a_key_a_refusal_rolls_back(shop: httpx2.AsyncClient, database: Database) -> None:
    async def count() -> int:
        async with database.sessions() as session:
            return (await session.exec(select(func.count(col(Message.id))))).one()

    before = await count()
    await shop.post("/orders", json={"amount": 1, "fail": "late refusal"})
    assert await count() == before


async def test_a_key_is_forgotten_after_seven_days(
    shop: httpx2.AsyncClient, database: Database, same: dict[str, str]
) -> None:
    first = await shop.post("/orders", json={"amount": 1}, headers=same)
    async with database.transaction() as session:
        newest = select(IdempotencyRecord.id).order_by(col(IdempotencyRecord.created_at).desc()).limit(1)
        await session.exec(
            update(IdempotencyRecord)
            .where(col(IdempotencyRecord.id).in_(newest))
            .values(created_at=utc_now() - timedelta(days=7, seconds=1))
        )
    later = await shop.post("/orders", json={"amount": 2}, headers=same)
    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]


async def test_a_form_is_the_same_by_its_files_whatever_the_boundary(
    shop: httpx2.AsyncClient, same: dict[str, str]
) -> None:
    def form(content: bytes) -> dict[str, tuple[str, bytes]]:
        return {"file": (secrets.token_hex(4), content)}

    first = await shop.post("/files", files=form(b"one"), data={"kind": "a"}, headers=same)
    again = await shop.post("/files", files=form(b"one"), data={"kind": "a"}, headers=same)
    other = await shop.post("/files", files=form(b"two"), data={"kind": "a"}, headers=same)
    assert first.json()["content"] == "one"
    assert again.json() == first.json()
    assert other.json()["code"] == "idempotency_key_reused"


async def test_an_answer_without_a_body_is_replayed_too(shop: httpx2.AsyncClient, same: dict[str, str]) -> None:
    first = await shop.delete("/orders/msg_1", headers=same)
    failing.discard("msg_1")
    again = await shop.delete("/orders/msg_1", headers=same)
    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert again.headers["idempotent-replayed"] == "true"
    assert "msg_1" not in failing


async def test_the_stored_answer_cannot_be_read_in_the_database(
    shop: httpx2.AsyncClient, database: Database, same: dict[str, str]
) -> None:
    secret = (await shop.post("/orders", json={"amount": 1}, headers=same)).json()["secret"]
    async with database.sessions() as session:
        stored = (await session.exec(select(IdempotencyRecord.answer))).all()
    assert not any(secret.encode() in answer for answer in stored if answer)


@pytest.mark.parametrize("key", ["short", "x" * 256, "with space", "密钥密钥密钥密钥"])
async def test_a_key_is_8_to_255_visible_characters(shop: httpx2.AsyncClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}
    refused = await shop.post("/orders", json={"amount": 1}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "idempotency_key_invalid"


async def test_where_it_costs_the_key_is_required(shop: httpx2.AsyncClient, same: dict[str, str]) -> None:
    refused = await shop.post("/paid")
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")
    assert (await shop.post("/paid", headers=same)).status_code == 200


async def test_many_keys_at_once_do_not_starve_each_other(shop: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            shop.post("/orders", json={"amount": 1}, headers={"Idempotency-Key": secrets.token_hex(12)})
            for _ in range(120)
        )
    )
    assert {answer.status_code for answer in answers} == {201}


async def test_requests_that_wait_for_a_slow_process_keep_nobody_from_reading(shop: httpx2.AsyncClient) -> None:
    known = (await shop.post("/orders", json={"amount": 1})).json()["id"]
    gate = gates[1004] = Gate()
    waiting = [
        asyncio.create_task(
            shop.post("/orders", json={"amount": 1004}, headers={"Idempotency-Key": secrets.token_hex(12)})
        )
        for _ in range(60)
    ]
    await gate.entered.wait()
    reads = await asyncio.wait_for(asyncio.gather(*(shop.get(f"/orders/{known}") for _ in range(40))), 10)
    assert {read.json()["status"] for read in reads} == {"queued"}
    gate.opened.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {201}
