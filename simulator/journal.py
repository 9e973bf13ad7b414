"""What the simulated partners know and have done; with a file, also after a restart.

The file holds messages and names in plain JSON lines: for development on invented data only.
"""

import os
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from activities.providers.registry import RegistryEntry
from samples import facts
from simulator.magic import CANCELLED, REGISTRY, REVOKED


class Message(BaseModel):
    """A delivered message; ``id`` is the request that sent it."""

    id: str
    channel: Literal["sms", "email"]
    to: str
    subject: str | None = None
    text: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Subscriber(BaseModel):
    """Whose number the operators say it is."""

    name: str
    resident_id: str
    mobile: str


class Effect(BaseModel):
    """The one effect of a request id at a path, with the answer that every repetition gets."""

    path: str
    request_id: str
    content: str
    """SHA-256 of the request's body."""
    answer: dict[str, object]
    messages: list[Message] = []
    subscriber: Subscriber | None = None
    enterprise: RegistryEntry | None = None


class Journal:
    """The partners' memory."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.requests: Counter[tuple[str, str]] = Counter()
        self.effects: dict[tuple[str, str], Effect] = {}
        self.inboxes: dict[str, list[Message]] = defaultdict(list)
        self.subscribers = {seed.mobile: seed for seed in seeded_subscribers()}
        self.enterprises = {seed.uscc: seed for seed in seeded_enterprises()}
        if file is not None and file.exists():
            self._read(file)

    def record(self, effect: Effect) -> None:
        if self.file is not None:
            with open(self.file, "a", encoding="utf-8", opener=_private) as lines:
                lines.write(effect.model_dump_json() + "\n")
        self._apply(effect)

    def _apply(self, effect: Effect) -> None:
        self.effects[effect.path, effect.request_id] = effect
        for message in effect.messages:
            self.inboxes[message.to].append(message)
        if effect.subscriber is not None:
            self.subscribers[effect.subscriber.mobile] = effect.subscriber
        if effect.enterprise is not None:
            self.enterprises[effect.enterprise.uscc] = effect.enterprise

    def _read(self, file: Path) -> None:
        whole = file.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        for line in kept.splitlines():
            self._apply(Effect.model_validate_json(line))
        if len(kept) < len(whole):  # killed while writing: what was not answered is not done
            os.truncate(file, len(kept))

    def inbox(self, address: str) -> list[Message]:
        """Newest first."""
        return list(reversed(self.inboxes.get(address, [])))


def seeded_subscribers() -> list[Subscriber]:
    return [
        Subscriber(name=facts.LEGAL_REPRESENTATIVE, resident_id=facts.RESIDENT_ID, mobile=facts.MOBILE),
    ]


def seeded_enterprises() -> list[RegistryEntry]:
    sample = RegistryEntry(
        name=facts.NAME,
        uscc=facts.USCC,
        kind=facts.KIND,
        legal_representative=facts.LEGAL_REPRESENTATIVE,
        status="active",
    )
    named = {code: f"样例{outcome}（北京）有限公司" for code, outcome in REGISTRY.items()}
    awkward = [sample.model_copy(update={"uscc": code, "name": name}) for code, name in named.items()]
    ended = [
        sample.model_copy(update={"uscc": CANCELLED, "name": "样例已注销有限公司", "status": "cancelled"}),
        sample.model_copy(update={"uscc": REVOKED, "name": "样例已吊销有限公司", "status": "revoked"}),
    ]
    return [sample, *awkward, *ended]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
