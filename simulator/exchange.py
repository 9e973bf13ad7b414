"""One signed request and its signed answer: checked, done once per request id, spoiled where magic says so."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from activities.providers.signed_http import (
    REQUEST_ID,
    SIGNATURE,
    TIMESTAMP,
    answer_signature,
    is_fresh,
    request_signature,
    same_signature,
)
from simulator.journal import Effect, Journal
from simulator.magic import Outcome

QUESTION_BYTES = 64 * 1024

Question = TypeVar("Question", bound=BaseModel)
Work = Callable[[Question, Effect], None]
"""Fills in the effect of one new request: its answer, and what it delivers or records."""


class Exchange:
    """The partners' front desk. ``late_seconds`` must exceed the patience of the callers."""

    def __init__(self, secret: str, journal: Journal, late_seconds: float) -> None:
        self.secret = secret
        self.journal = journal
        self.late_seconds = late_seconds

    async def serve(
        self,
        request: Request,
        form: type[Question],
        outcome_of: Callable[[Question], Outcome],
        work: Work[Question],
    ) -> Response:
        body = await self._body(request)
        if body is None or not self._is_genuine(request, body):
            return self._signed(request, 401, {"code": "signature_invalid"})
        attempt = self._count(request)
        try:
            question = form.model_validate_json(body)
        except ValidationError:
            return self._signed(request, 422, {"code": "question_invalid"})
        outcome = outcome_of(question)
        if outcome is Outcome.STALLED:
            await asyncio.sleep(self.late_seconds)
        if outcome in (Outcome.DOWN, Outcome.STALLED) or (outcome is Outcome.FLAKY and attempt == 1):
            return self._signed(request, 503, {"code": "down"})
        return await self._done_once(request, body, question, outcome, work)

    async def _done_once(
        self, request: Request, body: bytes, question: Question, outcome: Outcome, work: Work[Question]
    ) -> Response:
        path, request_id = request.url.path, request.headers[REQUEST_ID]
        content = hashlib.sha256(body).hexdigest()
        kept = self.journal.effects.get((path, request_id))
        if kept is None:
            effect = Effect(path=path, request_id=request_id, content=content, answer={})
            work(question, effect)
            self.journal.record(effect)
            return await self._spoiled(request, outcome, effect.answer)
        if kept.content != content:
            return self._signed(request, 409, {"code": "request_id_reused"})
        return self._signed(request, 200, kept.answer)

    async def _spoiled(self, request: Request, outcome: Outcome, answer: dict[str, object]) -> Response:
        if outcome is Outcome.LATE:
            await asyncio.sleep(self.late_seconds)
        if outcome is Outcome.GARBAGE:
            return self._sign(request, Response("<html>502 Bad Gateway", media_type="application/json"))
        response = self._signed(request, 200, answer)
        if outcome is Outcome.FORGED:
            response.headers[SIGNATURE] = "0" * 64
        return response

    async def _body(self, request: Request) -> bytes | None:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > QUESTION_BYTES:
                return None
        return bytes(body)

    def _is_genuine(self, request: Request, body: bytes) -> bool:
        timestamp, request_id = request.headers.get(TIMESTAMP, ""), request.headers.get(REQUEST_ID, "")
        target = request.scope["raw_path"].decode()
        if request.url.query:
            target += f"?{request.url.query}"
        expected = request_signature(self.secret, request.method, target, timestamp, request_id, body)
        return bool(request_id and same_signature(request.headers.get(SIGNATURE, ""), expected) and is_fresh(timestamp))

    def _count(self, request: Request) -> int:
        """How many genuine requests came with this id, this one included."""
        key = (request.url.path, request.headers[REQUEST_ID])
        self.journal.requests[key] += 1
        return self.journal.requests[key]

    def _signed(self, request: Request, status: int, answer: dict[str, object]) -> Response:
        body = json.dumps(answer, ensure_ascii=False)
        return self._sign(request, Response(body, status, media_type="application/json"))

    def _sign(self, request: Request, response: Response) -> Response:
        timestamp = str(int(time.time()))
        response.headers[TIMESTAMP] = timestamp
        response.headers[SIGNATURE] = answer_signature(
            self.secret,
            response.status_code,
            timestamp,
            request.headers.get(REQUEST_ID, ""),
            bytes(response.body),
        )
        return response
