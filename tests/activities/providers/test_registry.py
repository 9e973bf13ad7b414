from collections.abc import AsyncIterator

import pytest

from activities.providers.registry import Registry, RegistryEntry
from models import values
from models.errors import ProviderUnavailable
from models.ids import new_id
from samples import facts
from simulator.client import SimulatorClient
from simulator.magic import CANCELLED, REGISTRY, REVOKED, Outcome
from tests.activities.providers.conftest import SECRET

OTHER = "91990000MAEXAMPLX0"


@pytest.fixture
async def registry(partners_url: str) -> AsyncIterator[Registry]:
    asked = Registry(partners_url, SECRET)
    yield asked
    await asked.close()


async def test_the_sample_enterprise_is_as_its_licence_says(registry: Registry) -> None:
    assert await registry.look_up(new_id("reg"), facts.USCC) == RegistryEntry(
        name=facts.NAME,
        uscc=facts.USCC,
        kind=facts.KIND,
        legal_representative=facts.LEGAL_REPRESENTATIVE,
        status="active",
    )


async def test_an_unknown_code_is_none(registry: Registry) -> None:
    assert await registry.look_up(new_id("reg"), "91990000MANBDY001D") is None


async def test_an_added_enterprise_is_found_and_changed(registry: Registry, partners: SimulatorClient) -> None:
    entry = RegistryEntry(
        name="样例新设有限公司", uscc=OTHER, kind="有限责任公司", legal_representative="王样例", status="active"
    )
    await partners.add_enterprise(entry)
    assert await registry.look_up(new_id("reg"), OTHER) == entry
    renamed = entry.model_copy(update={"name": "样例更名有限公司"})
    await partners.add_enterprise(renamed)
    assert await registry.look_up(new_id("reg"), OTHER) == renamed


@pytest.mark.parametrize(("uscc", "status"), [(CANCELLED, "cancelled"), (REVOKED, "revoked")])
async def test_an_ended_enterprise_is_found_with_its_status(registry: Registry, uscc: str, status: str) -> None:
    entry = await registry.look_up(new_id("reg"), uscc)
    assert entry is not None
    assert entry.status == status


@pytest.mark.parametrize(("uscc", "outcome"), REGISTRY.items())
async def test_each_fault_is_an_outage_and_the_passing_ones_heal(
    registry: Registry, partners: SimulatorClient, uscc: str, outcome: Outcome
) -> None:
    request_id = new_id("reg")
    with pytest.raises(ProviderUnavailable) as refusal:
        await registry.look_up(request_id, uscc)
    assert refusal.value.facts["provider"] == "registry"
    if outcome in (Outcome.DOWN, Outcome.STALLED):
        assert (await partners.effects(request_id)).effects == 0
        return
    entry = await registry.look_up(request_id, uscc)
    assert entry is not None
    assert entry.uscc == uscc
    assert (await partners.effects(request_id)).effects == 1


@pytest.mark.parametrize("uscc", [*REGISTRY, CANCELLED, REVOKED])
def test_every_magic_code_passes_the_check_digit(uscc: str) -> None:
    assert values.uscc(uscc) == uscc
