"""Signed requests to the partners: signing, checking, time-outs and bounded answers, in one place.

A request carries ``Qianzhang-Timestamp`` (Unix seconds), ``Qianzhang-Request-Id`` (the idempotency key at the
partner: one id, one effect) and ``Qianzhang-Signature``, the hexadecimal HMAC-SHA256 over these lines:
``request``, method, path with query, timestamp, request id, SHA-256 of the body. The answer is signed over
``answer``, status, timestamp, request id, SHA-256 of the body, so neither a request thrown back nor the answer
to another request passes. Both sides refuse timestamps more than five minutes away.
"""

import asyncio
import hashlib
import hmac
import json
import time
from typing import ClassVar, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from models.errors import ProviderUnavailable

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
ANSWER_BYTES = 64 * 1024
CLOCK_DIFFERENCE = 300

TIMESTAMP = "Qianzhang-Timestamp"
REQUEST_ID = "Qianzhang-Request-Id"
SIGNATURE = "Qianzhang-Signature"

Answer = TypeVar("Answer", bound=BaseModel)


def request_signature(secret: str, method: str, target: str, timestamp: str, request_id: str, body: bytes) -> str:
    """``target`` is the path with its query, as sent."""
    return _sign(secret, "request", method, target, timestamp, request_id, body)


def answer_signature(secret: str, status: int, timestamp: str, request_id: str, body: bytes) -> str:
    return _sign(secret, "answer", str(status), timestamp, request_id, body)


def _sign(secret: str, *parts: str | bytes) -> str:
    lines = [hashlib.sha256(part).hexdigest() if isinstance(part, bytes) else part for part in parts]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def same_signature(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def is_fresh(timestamp: str) -> bool:
    return timestamp.isascii() and timestamp.isdigit() and abs(time.time() - int(timestamp)) <= CLOCK_DIFFERENCE


class SignedPartner:
    """A partner's address and the connection kept open to it; one subclass per partner names its questions."""

    provider: ClassVar[str]

    def __init__(self, url: str, secret: str) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.patience = CONNECT_SECONDS + READ_SECONDS
        self.client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            trust_env=False,
        )

    async def close(self) -> None:
        await self.client.aclose()

    async def ask(self, path: str, request_id: str, question: dict[str, object], form: type[Answer]) -> Answer:
        """Raises ProviderUnavailable; ``cause`` in its facts says what failed. The effect may still have happened."""
        request = self._signed(path, request_id, json.dumps(question, ensure_ascii=False).encode())
        try:
            async with asyncio.timeout(self.patience):
                response, body = await self._exchange(request)
        except (TimeoutError, httpx2.RequestError) as error:
            raise self.unavailable(type(error).__name__) from error
        if response.status_code >= 500:
            raise self.unavailable(f"status_{response.status_code}")
        if not self._is_genuine(response, request_id, body):
            raise self.unavailable("signature")
        if response.status_code != 200:
            raise self.unavailable(f"status_{response.status_code}")
        try:
            return form.model_validate_json(body)
        except ValidationError:
            raise self.unavailable("answer") from None  # its text would quote the answer

    def unavailable(self, cause: str) -> ProviderUnavailable:
        return ProviderUnavailable(provider=self.provider, cause=cause)

    def _signed(self, path: str, request_id: str, body: bytes) -> httpx2.Request:
        request = self.client.build_request(
            "POST", self.url + path, content=body, headers={"Content-Type": "application/json"}
        )
        timestamp = str(int(time.time()))
        target = request.url.raw_path.decode()
        request.headers[TIMESTAMP] = timestamp
        request.headers[REQUEST_ID] = request_id
        request.headers[SIGNATURE] = request_signature(self.secret, "POST", target, timestamp, request_id, body)
        return request

    async def _exchange(self, request: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        response = await self.client.send(request, stream=True)
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES:
                    raise self.unavailable("answer_too_large")
        finally:
            await response.aclose()
        return response, bytes(body)

    def _is_genuine(self, response: httpx2.Response, request_id: str, body: bytes) -> bool:
        timestamp = response.headers.get(TIMESTAMP, "")
        expected = answer_signature(self.secret, response.status_code, timestamp, request_id, body)
        return same_signature(response.headers.get(SIGNATURE, ""), expected) and is_fresh(timestamp)
