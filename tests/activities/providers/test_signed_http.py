"""The protocol itself, against answers no honest partner gives."""

import asyncio
import socket
import time
import traceback
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from activities.providers import signed_http
from activities.providers.registry import Registry
from activities.providers.signed_http import (
    ANSWER_BYTES,
    REQUEST_ID,
    SIGNATURE,
    TIMESTAMP,
    answer_signature,
    request_signature,
)
from activities.providers.sms import SmsSender
from models.errors import ProviderUnavailable
from models.ids import new_id
from simulator.client import SimulatorClient
from tests.activities.providers.conftest import SECRET
from tests.simulator.serving import serving

BODY = '{"to": "19900000031", "text": "样例"}'.encode()


def headers(body: bytes = BODY, **changes: Any) -> dict[str, str]:
    parts = {"secret": SECRET, "method": "POST", "target": "/sms", "timestamp": str(int(time.time()))}
    signed = {**parts, "request_id": new_id("msg"), **changes}
    return {
        TIMESTAMP: signed["timestamp"],
        REQUEST_ID: signed["request_id"],
        SIGNATURE: request_signature(body=body, **signed),
    }


async def post(url: str, sent: dict[str, str], body: bytes = BODY) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.post(url, content=body, headers=sent)


async def test_a_rightly_signed_request_is_served(partners_url: str) -> None:
    assert (await post(f"{partners_url}/sms", headers())).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        headers(secret="another secret"),
        headers(method="GET"),
        headers(target="/mail"),
        headers(body=BODY + b" "),
        headers(timestamp=str(int(time.time()) - 301)),
        headers(timestamp=str(int(time.time()) + 600)),
        headers(timestamp="soon"),
        headers(request_id=""),
        {**headers(), REQUEST_ID: new_id("msg")},
        {**headers(), TIMESTAMP: str(int(time.time()) - 1)},
        {**headers(), SIGNATURE: "é" * 64},
    ],
    ids=[
        "unsigned",
        "other-secret",
        "other-method",
        "other-path",
        "other-body",
        "old",
        "of-the-future",
        "no-time",
        "no-id",
        "other-id",
        "other-time",
        "not-ascii",
    ],
)
async def test_t7_a_wrongly_signed_request_has_no_effect(
    partners_url: str, partners: SimulatorClient, sent: dict[str, str]
) -> None:
    encoded = {name: value.encode() for name, value in sent.items()}
    before = await partners.inbox("19900000031")
    answer = await post(f"{partners_url}/sms", encoded)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert await partners.inbox("19900000031") == before


async def test_an_id_used_again_for_another_content_is_refused(partners_url: str, partners: SimulatorClient) -> None:
    sender, message_id = SmsSender(partners_url, SECRET), new_id("msg")
    await sender.send(message_id, "19900000032", "first")
    with pytest.raises(ProviderUnavailable) as refusal:
        await sender.send(message_id, "19900000032", "second")
    assert refusal.value.facts["cause"] == "status_409"
    assert [m.text for m in await partners.inbox("19900000032") if m.id == message_id] == ["first"]
    await sender.close()


def signed(request: Request, body: bytes, **changes: Any) -> Response:
    request_id = request.headers[REQUEST_ID]
    parts = {"secret": SECRET, "status": 200, "timestamp": str(int(time.time())), "request_id": request_id}
    chosen = {**parts, **changes}
    response = Response(body, parts["status"], media_type="application/json")  # type: ignore[arg-type]
    response.headers[TIMESTAMP] = chosen["timestamp"]
    response.headers[SIGNATURE] = answer_signature(body=body, **chosen)
    return response


def dishonest() -> FastAPI:
    app = FastAPI()
    accepted = b'{"code": "accepted"}'

    @app.post("/{case}/sms")
    async def sms(case: str, request: Request) -> Response:
        answers: dict[str, Any] = {
            "right": lambda: signed(request, accepted),
            "other-secret": lambda: signed(request, accepted, secret="another secret"),
            "other-status": lambda: signed(request, accepted, status=201),
            "other-request": lambda: signed(request, accepted, request_id="msg_other"),
            "old": lambda: signed(request, accepted, timestamp=str(int(time.time()) - 301)),
            "unsigned": lambda: Response(accepted),
            "thrown-back": lambda: Response(accepted, headers={SIGNATURE: request.headers[SIGNATURE]}),
            "other-code": lambda: signed(request, b'{"code": "perhaps"}'),
            "no-object": lambda: signed(request, b"[]"),
            "redirect": lambda: RedirectResponse("/right/sms", 307),
            "too-large": lambda: signed(request, b"{" + b" " * ANSWER_BYTES),
            "dripping": lambda: StreamingResponse(dripping()),
        }
        answer: Response = answers[case]()
        return answer

    @app.post("/registry/look-up")
    async def look_up(request: Request) -> Response:
        entry = (
            '{"name": "样例", "uscc": "91990000MAOTHER", "kind": "", "legal_representative": "", "status": "active"}'
        )
        return signed(request, f'{{"code": "found", "enterprise": {entry}}}'.encode())

    @app.post("/unreadable/registry/look-up")
    async def unreadable(request: Request) -> Response:
        return signed(request, '{"code": "found", "enterprise": {"legal_representative": "赵样例"}}'.encode())

    return app


async def dripping() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b" "
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("case", "cause"),
    [
        ("other-secret", "signature"),
        ("other-status", "signature"),
        ("other-request", "signature"),
        ("old", "signature"),
        ("unsigned", "signature"),
        ("thrown-back", "signature"),
        ("other-code", "answer"),
        ("no-object", "answer"),
        ("redirect", "signature"),
        ("too-large", "answer_too_large"),
        ("dripping", "TimeoutError"),
    ],
)
async def test_t7_an_answer_that_is_not_the_partners_own_is_an_outage(
    monkeypatch: pytest.MonkeyPatch, case: str, cause: str
) -> None:
    monkeypatch.setattr(signed_http, "CONNECT_SECONDS", 0.5)
    with serving(dishonest()) as url:
        right, wrong = SmsSender(f"{url}/right", SECRET), SmsSender(f"{url}/{case}/", SECRET)
        await right.send(new_id("msg"), "19900000033", "样例")
        with pytest.raises(ProviderUnavailable) as refusal:
            await wrong.send(new_id("msg"), "19900000033", "样例")
        await right.close()
        await wrong.close()
    assert refusal.value.facts == {"provider": "sms", "cause": cause}


async def test_an_entry_of_another_code_is_no_answer() -> None:
    with serving(dishonest()) as url:
        registry = Registry(url, SECRET)
        with pytest.raises(ProviderUnavailable):
            await registry.look_up(new_id("reg"), "91990000MAYANGL198")
        await registry.close()


async def test_nobody_listening_is_an_outage_at_once() -> None:
    with socket.socket() as bound:  # bound and not listening: refused
        bound.bind(("127.0.0.1", 0))
        sender = SmsSender(f"http://127.0.0.1:{bound.getsockname()[1]}", SECRET)
        with pytest.raises(ProviderUnavailable) as refusal:
            await sender.send(new_id("msg"), "19900000033", "样例")
        await sender.close()
    assert refusal.value.facts["cause"] == "ConnectError"


async def test_personal_data_of_an_answer_is_not_in_the_error() -> None:
    with serving(dishonest()) as url:
        registry = Registry(f"{url}/unreadable", SECRET)
        with pytest.raises(ProviderUnavailable) as refusal:
            await registry.look_up(new_id("reg"), "91990000MAYANGL198")
        await registry.close()
    assert refusal.value.facts == {"provider": "registry", "cause": "answer"}
    assert "赵样例" not in "".join(traceback.format_exception(refusal.value))
