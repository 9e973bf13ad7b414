"""The partners' questions: messages, the operators' check, the enterprise registry."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from activities.providers.registry import RegistryEntry
from simulator.exchange import Exchange
from simulator.journal import Effect, Journal, Message, Subscriber
from simulator.magic import CARRIER, REGISTRY, Outcome, delivery_outcome

COPIES = {Outcome.LOST: 0, Outcome.REFUSED: 0, Outcome.TWICE: 2}


class Sms(BaseModel):
    """One text message."""

    to: str
    text: str


class Mail(Sms):
    """One e-mail."""

    subject: str


class Lookup(BaseModel):
    """One code asked of the registry."""

    uscc: str


def message_routes(exchange: Exchange) -> APIRouter:
    """``POST /sms`` and ``POST /mail``."""
    routes = APIRouter(tags=["messages"])

    def deliver_sms(sms: Sms, effect: Effect) -> None:
        deliver(Message(id=effect.request_id, channel="sms", to=sms.to, text=sms.text), effect)

    def deliver_mail(mail: Mail, effect: Effect) -> None:
        message = Message(id=effect.request_id, channel="email", to=mail.to, subject=mail.subject, text=mail.text)
        deliver(message, effect)

    @routes.post("/sms")
    async def sms(request: Request) -> Response:
        return await exchange.serve(request, Sms, lambda sms: delivery_outcome(sms.to), deliver_sms)

    @routes.post("/mail")
    async def mail(request: Request) -> Response:
        return await exchange.serve(request, Mail, lambda mail: delivery_outcome(mail.to), deliver_mail)

    return routes


def deliver(message: Message, effect: Effect) -> None:
    outcome = delivery_outcome(message.to)
    effect.answer = {"code": "refused" if outcome is Outcome.REFUSED else "accepted"}
    effect.messages = [message] * COPIES.get(outcome, 1)


def carrier_routes(exchange: Exchange, journal: Journal) -> APIRouter:
    """``POST /carrier/check``, and ``POST /carrier/subscribers`` to register a number."""
    routes = APIRouter(prefix="/carrier", tags=["carrier"])

    def compare(asked: Subscriber, effect: Effect) -> None:
        is_theirs = journal.subscribers.get(asked.mobile) == asked
        refuses = CARRIER.get(asked.mobile) is Outcome.MISMATCH
        effect.answer = {"code": "match" if is_theirs and not refuses else "mismatch"}

    def register(subscriber: Subscriber, effect: Effect) -> None:
        effect.answer, effect.subscriber = {"code": "recorded"}, subscriber

    @routes.post("/check")
    async def check(request: Request) -> Response:
        return await exchange.serve(
            request, Subscriber, lambda asked: CARRIER.get(asked.mobile, Outcome.ORDINARY), compare
        )

    @routes.post("/subscribers")
    async def subscribers(request: Request) -> Response:
        return await exchange.serve(request, Subscriber, lambda _: Outcome.ORDINARY, register)

    return routes


def registry_routes(exchange: Exchange, journal: Journal) -> APIRouter:
    """``POST /registry/look-up``, and ``POST /registry`` to add or change an entry."""
    routes = APIRouter(prefix="/registry", tags=["registry"])

    def find(asked: Lookup, effect: Effect) -> None:
        entry = journal.enterprises.get(asked.uscc)
        effect.answer = {"code": "found", "enterprise": entry.model_dump()} if entry else {"code": "unknown"}

    def add(entry: RegistryEntry, effect: Effect) -> None:
        effect.answer, effect.enterprise = {"code": "recorded"}, entry

    @routes.post("/look-up")
    async def look_up(request: Request) -> Response:
        return await exchange.serve(request, Lookup, lambda asked: REGISTRY.get(asked.uscc, Outcome.ORDINARY), find)

    @routes.post("")
    async def entries(request: Request) -> Response:
        return await exchange.serve(request, RegistryEntry, lambda _: Outcome.ORDINARY, add)

    return routes
