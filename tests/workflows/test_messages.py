"""A message is tried for a day, then given up; whatever becomes of it, what it said is forgotten."""

from datetime import timedelta

from sqlmodel import select

from activities.messages import Messages
from activities.providers.mail import MailSender
from activities.providers.sms import SmsSender
from local.visitor import Visitor, waited
from models.messages import Message
from tests.platform import Platform

NEVER_ACCEPTED = "19900000093"


def test_v01_a_message_no_provider_takes_is_given_up_after_a_day(platform: Platform) -> None:
    visitor = Visitor(platform.url("api"), platform.url("simulator"), NEVER_ACCEPTED)
    challenge = visitor.post("/v1/verification-codes", channel="sms", to=NEVER_ACCEPTED, purpose="register")
    message_id = f"msg_{challenge['challenge_id'].partition('_')[2]}"

    def kept() -> Message:
        [message] = platform.rows(select(Message).where(Message.id == message_id))
        assert isinstance(message, Message)
        return message

    platform.skip(message_id, timedelta(hours=1))
    assert (kept().status, kept().personal is None) == ("queued", False)
    platform.skip(message_id, timedelta(hours=24))
    waited(lambda: kept().status == "failed" or None, 30, "the message was not given up")
    assert kept().personal is None


def test_a_delivered_message_is_forgotten_but_for_the_fact(platform: Platform) -> None:
    visitor = platform.visitor("样例收件人")
    challenge, _ = visitor.receive_code("login")
    message_id = f"msg_{challenge.partition('_')[2]}"

    def sent() -> Message | None:
        [message] = platform.rows(select(Message).where(Message.id == message_id, Message.status == "sent")) or [None]
        return message

    message = waited(sent, 10, "it was not sent")
    assert message.personal is None
    assert message.sent_at is not None
    before = visitor.inbox_size(visitor.mobile)
    platform.run(again(platform, message_id))  # as after a worker died with the answer on its lips
    assert sent() is not None
    assert visitor.inbox_size(visitor.mobile) == before


async def again(platform: Platform, message_id: str) -> None:
    settings = platform.settings
    sms, mail = SmsSender(settings.sms_url, platform.secret), MailSender(settings.mail_url, platform.secret)
    await Messages(platform.parts.database, platform.parts.keyring, sms, mail, settings.public_url).deliver(message_id)
