"""The simulator's own behaviour: what people see, what a restart keeps, what its documentation says."""

import re
from pathlib import Path

import httpx2
import pytest

from activities.providers.registry import Registry, RegistryEntry
from activities.providers.sms import SmsSender
from models import values
from models.ids import new_id
from simulator import magic
from simulator.app import create_app
from simulator.client import SimulatorClient
from tests.simulator.serving import serving

SECRET = "invented-shared-secret"
README = Path(magic.__file__).with_name("README.md")
NUMBER = "19900000041"


async def test_people_see_a_page_and_programs_json() -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        with serving(create_app(SECRET)) as url:
            sender = SmsSender(url, SECRET)
            await sender.send("msg_1", NUMBER, "第一条")
            await sender.send("msg_2", NUMBER, "<script>alert(1)</script> https://sign.example/s/1?a=1&b=2。请查看")
            await sender.close()
            page = await client.get(f"{url}/inbox/{NUMBER}", headers={"Accept": "text/html,*/*;q=0.8"})
            listed = await client.get(f"{url}/inbox/{NUMBER}")
            start = await client.get(f"{url}/inbox", headers={"Accept": "text/html"})
            counted = await client.get(f"{url}/inbox")
            empty = await client.get(f"{url}/inbox/nobody@sample.example")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert '<a href="https://sign.example/s/1?a=1&amp;b=2">' in page.text
    assert page.text.index("sign.example") < page.text.index("第一条")
    assert [message["id"] for message in listed.json()] == ["msg_2", "msg_1"]
    assert set(listed.json()[0]) == {"id", "channel", "to", "text", "at"}
    assert f'href="/inbox/{NUMBER}"' in start.text
    assert counted.json() == [{"address": NUMBER, "messages": 2}]
    assert empty.json() == []


async def test_an_address_cannot_write_into_the_page() -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        with serving(create_app(SECRET)) as url:
            sender = SmsSender(url, SECRET)
            await sender.send("msg_1", '"><img src=x>', "样例")
            await sender.close()
            start = await client.get(f"{url}/inbox", headers={"Accept": "text/html"})
    assert "<img" not in start.text


async def test_a_restart_keeps_inbox_effects_and_records(tmp_path: Path) -> None:
    journal = tmp_path / "simulator.jsonl"
    entry = RegistryEntry(
        name="样例", uscc="91990000MAEXAMPLX0", kind="个体", legal_representative="王样例", status="active"
    )
    for life in range(2):
        with serving(create_app(SECRET, journal)) as url:
            sender, registry = SmsSender(url, SECRET), Registry(url, SECRET)
            partners = SimulatorClient(url, SECRET)
            if life == 0:
                await partners.add_enterprise(entry)
            await sender.send("msg_1", NUMBER, "样例")
            assert [message.id for message in await partners.inbox(NUMBER)] == ["msg_1"]
            assert (await partners.effects("msg_1")).effects == 1
            assert await registry.look_up(new_id("reg"), entry.uscc) == entry
            for opened in (sender, registry, partners):
                await opened.close()
    assert journal.stat().st_mode & 0o077 == 0


async def test_a_line_cut_by_a_kill_is_dropped_and_the_next_one_kept(tmp_path: Path) -> None:
    journal = tmp_path / "simulator.jsonl"
    for message_id in ("msg_1", "msg_2", "msg_3", "msg_4"):
        with serving(create_app(SECRET, journal)) as url:
            sender, partners = SmsSender(url, SECRET), SimulatorClient(url, SECRET)
            await sender.send(message_id, NUMBER, "样例")
            arrived = [message.id for message in await partners.inbox(NUMBER)]
            await sender.close()
            await partners.close()
        if message_id == "msg_2":
            journal.write_bytes(journal.read_bytes()[:-20])
    assert arrived == ["msg_4", "msg_3", "msg_1"]


def documented(partner: str) -> dict[str, str]:
    rows = re.findall(rf"^\| {partner} (\S+?)(?:, mail `…\+\w+@…`)? \| (\w+) \|", README.read_text(), re.MULTILINE)
    return dict(rows)


@pytest.mark.parametrize(
    ("partner", "table"),
    [
        ("mobile", magic.SMS),
        ("carrier", magic.CARRIER),
        ("registry", {**magic.REGISTRY, magic.CANCELLED: "ordinary", magic.REVOKED: "ordinary"}),
    ],
)
def test_the_readme_lists_every_magic_input(partner: str, table: dict[str, str]) -> None:
    assert documented(partner) == {value: str(outcome) for value, outcome in table.items()}


def test_every_mail_tag_of_the_readme_is_known() -> None:
    for tag in re.findall(r"mail `…\+(\w+)@…`", README.read_text()):
        assert magic.delivery_outcome(f"reader+{tag}@sample.example") == tag
    assert magic.delivery_outcome("reader+news@sample.example") is magic.Outcome.ORDINARY


@pytest.mark.parametrize("number", [*magic.SMS, *magic.CARRIER])
def test_every_magic_number_passes_our_own_check(number: str) -> None:
    assert values.mobile(number) == number
