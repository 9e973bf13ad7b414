"""What every request passes before it is routed: bounds on its size, headers, counts, the last resort."""

import time

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer
from models.limits import JSON_BODY, MEBIBYTE, MULTIPART_BODY

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
CLIENT_GONE = 499
"""Counted only: nobody is left to be answered."""


class Metrics:
    """Counts and durations by route template, so that no id becomes a label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter("http_requests", "Requests answered", (*labels, "status"), registry=self.registry)
        self.seconds = Histogram("http_request_seconds", "Time to the answer", labels, registry=self.registry)

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self.requests.labels(scope["method"], route, status).inc()
        self.seconds.labels(scope["method"], route).observe(seconds)


class Edge:
    """Stands inside ``observability.RequestLog``; every answer, problems included, leaves through ``finish``."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, begun = 0, time.perf_counter()

        async def finish(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            refuse_broken_address(scope)
            await self.app(scope, limited(scope, receive), finish)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception as error:
            if status:
                raise
            response = await answer(Request(scope, receive), error)
            await response(scope, receive, finish)
        self.metrics.count(scope, status, time.perf_counter() - begun)


def refuse_broken_address(scope: Scope) -> None:
    """NUL fits into no column; bytes that are no UTF-8 name nothing of ours."""
    if "\x00" in scope["path"] or "\ufffd" in scope["path"] or b"%00" in scope["query_string"]:
        raise HTTPException(404)


def limited(scope: Scope, receive: Receive) -> Receive:
    """At most 1 MiB, 55 MiB for a form with files, counted as it arrives. Raises HTTPException 413."""
    headers = Headers(scope=scope)
    is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
    most = MULTIPART_BODY if is_form else JSON_BODY
    too_large = HTTPException(413, str(most // MEBIBYTE))
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise too_large
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise too_large
        return message

    return counted
