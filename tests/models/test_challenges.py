import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.accounts import contact_index
from models.challenges import Challenge, Purpose, check, issue, send_code
from models.database import Database, utc_now
from models.errors import BusinessError, CodeExpired, CodeSentTooOften, CodeUsedUp, CodeWrong
from models.ids import new_id
from models.keyring import Keyring
from models.messages import Message

NOW = utc_now()


def contact() -> str:
    return f"sample-{secrets.token_hex(8)}@example.com"


async def issued(
    database: Database, keyring: Keyring, to: str, purpose: Purpose = "login", subject: str | None = None
) -> tuple[str, str]:
    async with database.transaction() as session:
        challenge, code = await issue(session, keyring, purpose, to, subject, now=NOW)
        return challenge.id, code


async def tried(
    database: Database,
    keyring: Keyring,
    challenge_id: str,
    code: str,
    purpose: Purpose = "login",
    to: str | None = None,
    subject: str | None = None,
    now: datetime = NOW,
) -> str:
    async with database.sessions() as session:
        proved = await check(session, keyring, challenge_id, purpose, to, subject, code, now=now)
        await session.commit()
        return proved


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_a16_the_right_code_proves_the_contact_once(database: Database, keyring: Keyring) -> None:
    to = contact()
    challenge_id, code = await issued(database, keyring, to)
    assert len(code) == 6
    assert await tried(database, keyring, challenge_id, code, to=to) == to
    with pytest.raises(CodeExpired):
        await tried(database, keyring, challenge_id, code, to=to)


async def test_a16_of_a_thousand_guesses_at_once_five_are_judged(database: Database, keyring: Keyring) -> None:
    challenge_id, code = await issued(database, keyring, contact())
    guesses = [f"{guess:06d}" for guess in range(1000) if f"{guess:06d}" != code]

    async def outcome(guess: str) -> type[BusinessError]:
        try:
            await tried(database, keyring, challenge_id, guess)
        except BusinessError as error:
            return type(error)
        raise AssertionError("a wrong code was accepted")

    outcomes = await asyncio.gather(*map(outcome, guesses))
    assert outcomes.count(CodeWrong) == 5
    assert outcomes.count(CodeUsedUp) == len(guesses) - 5
    with pytest.raises(CodeUsedUp):
        await tried(database, keyring, challenge_id, code)


async def test_tries_left_are_counted_down_although_each_request_fails(database: Database, keyring: Keyring) -> None:
    challenge_id, code = await issued(database, keyring, contact())
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeWrong) as refused:
            await tried(database, keyring, challenge_id, other_than(code))
        assert refused.value.facts == {"attempts_left": left}


async def test_of_twenty_uses_at_once_one_succeeds(database: Database, keyring: Keyring) -> None:
    challenge_id, code = await issued(database, keyring, contact())
    results = await asyncio.gather(
        *(tried(database, keyring, challenge_id, code) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, str) for result in results) == 1


async def test_a_use_that_is_rolled_back_leaves_the_code_usable_and_the_try_counted(
    database: Database, keyring: Keyring
) -> None:
    challenge_id, code = await issued(database, keyring, contact())
    async with database.sessions() as session:
        await check(session, keyring, challenge_id, "login", None, None, code, now=NOW)
        await session.rollback()
    async with database.sessions() as session:
        challenge = await session.get_one(Challenge, challenge_id)
        assert (challenge.attempts, challenge.used_at) == (1, None)
    assert await tried(database, keyring, challenge_id, code)


@pytest.mark.parametrize(
    ("purpose", "to", "subject"),
    [
        ("register", None, "ctr_1/digest"),
        ("sign_contract", "other@example.com", "ctr_1/digest"),
        ("sign_contract", None, "ctr_1/other digest"),
        ("sign_contract", None, None),
    ],
)
async def test_a_code_is_bound_to_purpose_contact_and_subject(
    database: Database, keyring: Keyring, purpose: Purpose, to: str | None, subject: str | None
) -> None:
    challenge_id, code = await issued(database, keyring, contact(), "sign_contract", "ctr_1/digest")
    with pytest.raises(CodeWrong):
        await tried(database, keyring, challenge_id, code, purpose, to, subject)
    assert await tried(database, keyring, challenge_id, code, "sign_contract", None, "ctr_1/digest")


async def test_a_code_of_one_challenge_does_not_answer_another(database: Database, keyring: Keyring) -> None:
    first, code = await issued(database, keyring, contact())
    second, other = await issued(database, keyring, contact())
    if code != other:
        with pytest.raises(CodeWrong):
            await tried(database, keyring, second, code)
    assert await tried(database, keyring, first, code)


@pytest.mark.parametrize(("age", "fits"), [(timedelta(minutes=4, seconds=59), True), (timedelta(minutes=5), False)])
async def test_a_code_lives_five_minutes(database: Database, keyring: Keyring, age: timedelta, fits: bool) -> None:
    challenge_id, code = await issued(database, keyring, contact())
    if fits:
        assert await tried(database, keyring, challenge_id, code, now=NOW + age)
        return
    with pytest.raises(CodeExpired):
        await tried(database, keyring, challenge_id, code, now=NOW + age)


async def test_an_unknown_challenge_has_expired(database: Database, keyring: Keyring) -> None:
    with pytest.raises(CodeExpired):
        await tried(database, keyring, new_id("chl"), "123456")


async def test_neither_code_nor_contact_lies_open_in_the_row(database: Database, keyring: Keyring) -> None:
    to = contact()
    challenge_id, code = await issued(database, keyring, to)
    async with database.sessions() as session:
        row = await session.get_one(Challenge, challenge_id)
    assert row.code_digest != hashlib.sha256(code.encode()).hexdigest()
    assert len(row.code_digest) == 64
    stored = repr(row.model_dump(exclude={"id", "code_digest", "created_at", "expires_at"}))
    assert to not in stored
    assert code not in stored.replace(row.contact_index, "")


async def test_of_fifty_sends_at_once_one_passes(database: Database, keyring: Keyring) -> None:
    to = contact()
    results = await asyncio.gather(*(issued(database, keyring, to) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, CodeSentTooOften) for result in results) == 49


@pytest.mark.parametrize(
    ("sent", "wait"),
    [
        ([0], 60),
        ([59], 1),
        ([60], None),
        ([60 + 61 * n for n in range(4)], None),
        ([60 + 61 * n for n in range(5)], 3600 - 60 - 61 * 4),
        ([3600 * (n // 4) + 60 + 61 * (n % 4) for n in range(9)], None),
        ([3600 * (n // 4) + 60 + 61 * (n % 4) for n in range(10)], 86400 - 7200 - 60 - 61),
        ([86400 + 60 * n for n in range(20)], None),
        ([-30], 90),
    ],
)
async def test_sends_are_one_a_minute_five_an_hour_ten_a_day(
    database: Database, keyring: Keyring, sent: list[int], wait: int | None
) -> None:
    """``sent``: seconds ago; a negative one was stamped by a clock ahead of ours."""
    to = contact()
    async with database.transaction() as session:
        for ago in sorted(sent, reverse=True):
            await stamped(session, keyring, to, NOW - timedelta(seconds=ago))
        if wait is None:
            await issue(session, keyring, "login", to, now=NOW)
            return
        with pytest.raises(CodeSentTooOften) as refused:
            await issue(session, keyring, "login", to, now=NOW)
        assert refused.value.facts == {"retry_after": wait}


async def stamped(session: AsyncSession, keyring: Keyring, to: str, at: datetime) -> None:
    row = Challenge(
        id=new_id("chl"),
        purpose="login",
        contact_index=contact_index(keyring, to),
        code_digest="",
        created_at=at,
        expires_at=at,
    )
    session.add(row)
    await session.flush()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=st.lists(st.integers(-600, 4000), min_size=5, max_size=40))
async def test_no_schedule_of_asking_passes_the_bounds(database: Database, keyring: Keyring, gaps: list[int]) -> None:
    """Also with a clock that jumps back: what passed lies at most 1 in a minute, 5 in an hour, 10 in a day."""
    to, at, passed = contact(), NOW, list[datetime]()
    async with database.transaction() as session:
        for gap in gaps:
            at += timedelta(seconds=gap)
            try:
                await issue(session, keyring, "login", to, now=at)
            except CodeSentTooOften:
                continue
            passed.append(at)
    for allowed, window in ((1, 60), (5, 3600), (10, 86400)):
        ordered = sorted(passed)
        for first, beyond in zip(ordered, ordered[allowed:], strict=False):
            assert beyond - first >= timedelta(seconds=window)


async def test_sending_again_under_the_same_id_changes_nothing(database: Database, keyring: Keyring) -> None:
    to, challenge_id = contact(), new_id("chl")
    for _ in range(2):
        async with database.transaction() as session:
            await send_code(
                session,
                keyring,
                "phone_check",
                to,
                now=NOW,
                challenge_id=challenge_id,
                template="phone_check_code",
                facts={},
            )
    async with database.sessions() as session:
        found = await session.exec(select(Message.status).where(Message.id == challenge_id.replace("chl", "msg")))
        assert found.all() == ["queued"]
