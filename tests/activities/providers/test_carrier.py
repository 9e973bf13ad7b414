from collections.abc import AsyncIterator

import pytest

from activities.providers.carrier import Carrier
from models.errors import ProviderUnavailable
from models.ids import new_id
from samples import facts
from simulator.client import SimulatorClient
from simulator.magic import CARRIER, Outcome
from tests.activities.providers.conftest import SECRET

NAME, NUMBER = "李样例", "999999198802020029"


@pytest.fixture
async def carrier(partners_url: str) -> AsyncIterator[Carrier]:
    asked = Carrier(partners_url, SECRET)
    yield asked
    await asked.close()


async def check(carrier: Carrier, name: str, resident_id: str, mobile: str) -> bool:
    return await carrier.check(new_id("chk"), name, resident_id, mobile)


async def test_d03_the_number_is_the_legal_representatives_own(carrier: Carrier) -> None:
    assert await check(carrier, facts.LEGAL_REPRESENTATIVE, facts.RESIDENT_ID, facts.MOBILE)


@pytest.mark.parametrize(
    ("name", "resident_id", "mobile"),
    [
        (NAME, facts.RESIDENT_ID, facts.MOBILE),
        (facts.LEGAL_REPRESENTATIVE, NUMBER, facts.MOBILE),
        (facts.LEGAL_REPRESENTATIVE, facts.RESIDENT_ID, "19900000002"),
    ],
)
async def test_d03_each_of_the_three_must_agree(carrier: Carrier, name: str, resident_id: str, mobile: str) -> None:
    assert not await check(carrier, name, resident_id, mobile)


async def test_a_registered_number_matches_its_subscriber(carrier: Carrier, partners: SimulatorClient) -> None:
    await partners.add_subscriber(NAME, NUMBER, "19900000021")
    assert await check(carrier, NAME, NUMBER, "19900000021")
    assert not await check(carrier, facts.LEGAL_REPRESENTATIVE, facts.RESIDENT_ID, "19900000021")


async def test_the_magic_number_matches_nobody(carrier: Carrier, partners: SimulatorClient) -> None:
    await partners.add_subscriber(NAME, NUMBER, "19900000081")
    assert not await check(carrier, NAME, NUMBER, "19900000081")


@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.GARBAGE, Outcome.FORGED, Outcome.FLAKY])
async def test_a_check_that_failed_once_is_charged_once(
    carrier: Carrier, partners: SimulatorClient, outcome: Outcome
) -> None:
    mobile = next(number for number, magic in CARRIER.items() if magic is outcome)
    await partners.add_subscriber(NAME, NUMBER, mobile)
    request_id = new_id("chk")
    with pytest.raises(ProviderUnavailable):
        await carrier.check(request_id, NAME, NUMBER, mobile)
    assert await carrier.check(request_id, NAME, NUMBER, mobile)
    effects = await partners.effects(request_id)
    assert (effects.requests, effects.effects) == (2, 1)


@pytest.mark.parametrize("outcome", [Outcome.DOWN, Outcome.STALLED])
async def test_operators_that_are_down(carrier: Carrier, partners: SimulatorClient, outcome: Outcome) -> None:
    mobile = next(number for number, magic in CARRIER.items() if magic is outcome)
    request_id = new_id("chk")
    with pytest.raises(ProviderUnavailable) as refusal:
        await carrier.check(request_id, NAME, NUMBER, mobile)
    assert refusal.value.facts["provider"] == "carrier"
    assert (await partners.effects(request_id)).effects == 0
