"""Text messages and e-mail through the real adapters, over HTTP, with each misbehaviour of a partner."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from activities.providers.mail import MailSender
from activities.providers.sms import SmsSender
from models.errors import ProviderUnavailable, RecipientRefused
from models.ids import new_id
from simulator.client import SimulatorClient
from simulator.magic import SMS, Outcome
from tests.activities.providers.conftest import SECRET

Send = Callable[[str, str], Awaitable[None]]


@pytest.fixture
async def sms(partners_url: str) -> AsyncIterator[SmsSender]:
    sender = SmsSender(partners_url, SECRET)
    yield sender
    await sender.close()


@pytest.fixture
async def mail(partners_url: str) -> AsyncIterator[MailSender]:
    sender = MailSender(partners_url, SECRET)
    yield sender
    await sender.close()


@pytest.fixture(params=["sms", "email"])
def channel(request: pytest.FixtureRequest, sms: SmsSender, mail: MailSender) -> tuple[str, Send]:
    if request.param == "sms":
        return "sms", lambda message_id, to: sms.send(message_id, to, "验证码 123456")
    return "email", lambda message_id, to: mail.send(message_id, to, "样例主题", "验证码 123456")


def address(channel: str, outcome: Outcome) -> str:
    if channel == "email":
        return f"reader+{outcome}@sample.example"
    return next(number for number, magic in SMS.items() if magic is outcome)


async def arrived(partners: SimulatorClient, to: str, message_id: str) -> int:
    return sum(message.id == message_id for message in await partners.inbox(to))


async def test_a_message_arrives_word_for_word(sms: SmsSender, partners: SimulatorClient) -> None:
    message_id = new_id("msg")
    await sms.send(message_id, "19900000011", "【样例】验证码 654321，五分钟内有效。<b>&")
    newest = (await partners.inbox("19900000011"))[0]
    assert (newest.id, newest.channel, newest.subject) == (message_id, "sms", None)
    assert newest.text == "【样例】验证码 654321，五分钟内有效。<b>&"


async def test_an_e_mail_arrives_with_its_subject(mail: MailSender, partners: SimulatorClient) -> None:
    await mail.send(new_id("msg"), "reader@sample.example", "合同待签署", "请查看")
    newest = (await partners.inbox("reader@sample.example"))[0]
    assert (newest.channel, newest.subject, newest.text) == ("email", "合同待签署", "请查看")


async def test_the_same_id_twice_is_one_message(channel: tuple[str, Send], partners: SimulatorClient) -> None:
    kind, send = channel
    to, message_id = ("19900000012" if kind == "sms" else "once@sample.example"), new_id("msg")
    await send(message_id, to)
    await send(message_id, to)
    assert await arrived(partners, to, message_id) == 1
    effects = await partners.effects(message_id)
    assert (effects.requests, effects.effects) == (2, 1)


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.LATE, "ReadTimeout"),
        (Outcome.GARBAGE, "answer"),
        (Outcome.FORGED, "signature"),
    ],
)
async def test_done_but_badly_answered_then_retried_is_one_message(
    channel: tuple[str, Send], partners: SimulatorClient, outcome: Outcome, cause: str
) -> None:
    kind, send = channel
    to, message_id = address(kind, outcome), new_id("msg")
    with pytest.raises(ProviderUnavailable) as refusal:
        await send(message_id, to)
    assert refusal.value.facts == {"provider": "sms" if kind == "sms" else "mail", "cause": cause}
    await send(message_id, to)
    assert await arrived(partners, to, message_id) == 1


@pytest.mark.parametrize(("outcome", "cause"), [(Outcome.DOWN, "status_503"), (Outcome.STALLED, "ReadTimeout")])
async def test_a_partner_that_is_down_delivers_nothing(
    channel: tuple[str, Send], partners: SimulatorClient, outcome: Outcome, cause: str
) -> None:
    kind, send = channel
    to, message_id = address(kind, outcome), new_id("msg")
    for _ in range(2):
        with pytest.raises(ProviderUnavailable) as refusal:
            await send(message_id, to)
        assert refusal.value.facts["cause"] == cause
    assert await arrived(partners, to, message_id) == 0
    assert (await partners.effects(message_id)).effects == 0


async def test_a_passing_fault_is_healed_by_the_retry(channel: tuple[str, Send], partners: SimulatorClient) -> None:
    kind, send = channel
    to, message_id = address(kind, Outcome.FLAKY), new_id("msg")
    with pytest.raises(ProviderUnavailable):
        await send(message_id, to)
    await send(message_id, to)
    assert await arrived(partners, to, message_id) == 1


@pytest.mark.parametrize(("outcome", "copies"), [(Outcome.LOST, 0), (Outcome.TWICE, 2)])
async def test_what_becomes_of_an_accepted_message(
    channel: tuple[str, Send], partners: SimulatorClient, outcome: Outcome, copies: int
) -> None:
    kind, send = channel
    to, message_id = address(kind, outcome), new_id("msg")
    await send(message_id, to)
    assert await arrived(partners, to, message_id) == copies


async def test_a_final_refusal_is_no_outage(channel: tuple[str, Send], partners: SimulatorClient) -> None:
    kind, send = channel
    to, message_id = address(kind, Outcome.REFUSED), new_id("msg")
    with pytest.raises(RecipientRefused) as refusal:
        await send(message_id, to)
    assert refusal.value.facts == {"channel": kind}
    assert await arrived(partners, to, message_id) == 0
