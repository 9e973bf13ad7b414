"""A message is forgotten once it is delivered; that it was is kept."""

from sqlmodel import select

from local.visitor import waited
from models.messages import Message
from tests.platform import Platform


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
