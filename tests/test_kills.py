"""The main job on the whole stack while its processes are killed: it ends once, with every signature once."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from local.stack import DATABASE, Stack
from local.visitor import Visitor, waited
from tests.people import PERSON, Applicant, introduced, invented_mobile, person_party


@pytest.fixture(scope="module")
def sender(stack: Stack) -> Applicant:
    applicant = introduced(stack.server_url, stack.simulator_url, stack.layout.secret("provider.key"))
    applicant.until_verified()
    return applicant


def sql(stack: Stack, statement: str, *values: object) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await connected(stack)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    return asyncio.run(ask())


async def connected(stack: Stack) -> asyncpg.Connection:
    return await asyncpg.connect(stack.layout.cluster.url(DATABASE).replace("+asyncpg", ""))


def all_but_the_last_consent(stack: Stack, sender: Applicant) -> tuple[str, Callable[[], object]]:
    """The contract's id, and the last consent ready to be given."""
    person = Visitor(stack.server_url, stack.simulator_url, invented_mobile())
    person.register(PERSON)
    draft = sender.draft([sender.as_party(), person_party(person)])
    sender.act(draft, "send")
    sql(stack, "UPDATE challenge SET created_at = created_at - interval '2 days'")
    contents = {party: ready_to_consent(party, draft["id"]) for party in (sender, person)}
    path = f"/v1/contracts/{draft['id']}/consent"
    sender.post(path, **contents[sender])
    return draft["id"], lambda: person.post(path, **contents[person])


def ready_to_consent(party: Visitor, contract_id: str) -> dict[str, Any]:
    view = party.act(party.wait_for(contract_id, "signing"), "open")
    challenge, code = party.receive_code("sign_contract", subject=contract_id)
    return {"challenge_id": challenge, "code": code, "document_sha256": view["subject"]["document_sha256"]}


def kill(stack: Stack, name: str) -> None:
    os.kill(stack.pid(name), signal.SIGKILL)


def assert_completed_once(stack: Stack, sender: Applicant, contract_id: str) -> None:
    view = sender.wait_for(contract_id, "completed", seconds=90)
    report = sender.validate_bytes(sender.get_bytes(f"/v1/contracts/{contract_id}/file"))
    assert (report["verdict"], report["level"]) == ("valid", "B-LTA")
    assert [signature["signer"] for signature in report["signatures"]] == [sender.enterprise.name, PERSON]
    events = [row["event"] for row in sql(stack, "SELECT event FROM process_event WHERE process_id = $1", contract_id)]
    assert (events.count("consent"), events.count("complete")) == (2, 1)
    intents = sql(stack, "SELECT signed_sha256 FROM signature_intent WHERE contract_id = $1", contract_id)
    assert [row["signed_sha256"] for row in intents] == [view["subject"]["sealed_sha256"]] * 2
    assert len(sql(stack, "SELECT 1 FROM evidence WHERE contract_id = $1", contract_id)) == 1
    issued = sql(stack, "SELECT 1 FROM certificate WHERE reference LIKE $1", f"pty_{contract_id[4:]}%")
    assert len(issued) == 1


@contextmanager
def contract_row_locked(stack: Stack, contract_id: str) -> Iterator[None]:
    """Nobody can close the contract while the block runs."""
    locked, release = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await connected(stack)
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM contract WHERE id = $1 FOR NO KEY UPDATE", contract_id)
            locked.set()
            await asyncio.to_thread(release.wait)
        await connection.close()

    thread = threading.Thread(target=asyncio.run, args=(hold(),))
    thread.start()
    assert locked.wait(10)
    try:
        yield
    finally:
        release.set()
        thread.join()


def test_a_sealing_worker_killed_between_intent_and_signed_leaves_each_signature_once(
    stack: Stack, sender: Applicant
) -> None:
    contract_id, consent_last = all_but_the_last_consent(stack, sender)
    with contract_row_locked(stack, contract_id):
        consent_last()
        stored = "SELECT 1 FROM signature_intent WHERE contract_id = $1 AND signed_sha256 IS NULL"
        waited(lambda: len(sql(stack, stored, contract_id)) == 2 or None, 30, "no intents were stored")
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM contract%'"
        waited(lambda: sql(stack, waiting) or None, 30, "nothing was signed")
        kill(stack, "worker sealing")
        time.sleep(0.5)
    assert_completed_once(stack, sender, contract_id)


def test_a_sealing_worker_killed_while_it_waits_for_a_timestamp_signs_again_once(
    stack: Stack, sender: Applicant
) -> None:
    contract_id, consent_last = all_but_the_last_consent(stack, sender)
    server = stack.pid("server")
    consent_last()
    os.kill(server, signal.SIGSTOP)
    try:
        time.sleep(1)
        kill(stack, "worker sealing")
        time.sleep(1)
    finally:
        os.kill(server, signal.SIGCONT)
    assert_completed_once(stack, sender, contract_id)


@pytest.mark.parametrize("name", ["worker processes", "worker sealing", "temporal", "postgres", "server"])
def test_whatever_dies_right_after_the_last_consent_the_contract_completes_once(
    stack: Stack, sender: Applicant, name: str
) -> None:
    contract_id, consent_last = all_but_the_last_consent(stack, sender)
    consent_last()
    kill(stack, name)
    assert_completed_once(stack, sender, contract_id)


@pytest.mark.parametrize("name", ["worker processes", "temporal", "postgres", "server"])
def test_whatever_dies_while_a_consent_is_given_a_retry_with_the_same_key_counts_it_once(
    stack: Stack, sender: Applicant, name: str
) -> None:
    contract_id, consent_last = all_but_the_last_consent(stack, sender)
    killer = threading.Timer(0.02, kill, (stack, name))
    killer.start()
    consent_last()
    killer.join()
    assert_completed_once(stack, sender, contract_id)


def test_an_ocr_worker_killed_while_reading_is_replaced_and_the_reading_goes_on(stack: Stack) -> None:
    applicant = introduced(stack.server_url, stack.simulator_url, stack.layout.secret("provider.key"))
    opened = applicant.open_verification()
    kill(stack, "worker ocr")
    view = applicant.wait_for(opened["id"], "awaiting_confirmation", seconds=90)
    assert view["why_code"] is None
    assert view["subject"]["recognized"]["licence"]["name"]["value"]
