"""Logs of the server and the workers: one JSON object a line, without personal data.

Three fences. Fields are an allow-list (``FIELDS``): others are dropped and only their names told. Free text loses long
numbers, e-mail addresses and Chinese words. Exceptions are told by class and place in the code, never by their text.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio import activity, workflow

EventDict = MutableMapping[str, Any]

OURS = frozenset({"event", "level", "timestamp", "logger", "process", "dropped", "exception"})
FIELDS = OURS | frozenset(
    # who asked and what for: ids only
    "request_id method route status milliseconds account_id enterprise_id process_id challenge_id upload_id contract_id"
    " message_id key_id serial code kind state stage pages bytes sha256 count provider queue version address"
    # Temporal
    " workflow_id run_id workflow_type activity_type activity_id attempt task_queue".split()
)
TEMPORAL_FIELDS = ("workflow_id", "workflow_run_id", "workflow_type", "activity_type", "activity_id", "attempt",
                   "task_queue")  # fmt: skip
LONGEST_VALUE = 200
LONGEST_TEXT = 2_000
MOST_FRAMES = 30

PERSONAL = re.compile(r"(?<![0-9A-Za-z_])\d{6,}[Xx]?(?![0-9A-Za-z_])|[\w.+-]+@[\w.-]+|[\u3400-\u9fff]+")
REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")


def configure_logging(process: str, level: int = logging.INFO) -> None:
    """Call once, first thing in an entry point; ``process`` names it in every line (``server``, ``worker ocr``)."""
    structlog.configure(
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter(process))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for name in ("httpx2", "httpcore2", "pyhanko", "rapidocr", "RapidOCR"):
        logging.getLogger(name).setLevel(logging.WARNING)
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def formatter(process: str) -> structlog.stdlib.ProcessorFormatter:
    def name_process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {**event, "process": process}

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_temporal_ids,
            name_process,
            tell_exception,
            keep_allowed,
            # ensure_ascii: control characters, line separators and bidirectional marks all leave as \uXXXX
            structlog.processors.JSONRenderer(ensure_ascii=True, sort_keys=True),
        ]
    )


def add_temporal_ids(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The SDK's loggers put them on the record; ours ask the running activity."""
    record = event.get("_record")
    found: dict[str, Any] = {}
    for extra in ("temporal_workflow", "temporal_activity"):
        found |= getattr(record, extra, None) or {}
    if not found and activity.in_activity():
        info = activity.info()
        found = {name: getattr(info, name) for name in TEMPORAL_FIELDS}
    for name in TEMPORAL_FIELDS:
        if name in found:
            event["run_id" if name == "workflow_run_id" else name] = found[name]
    if "run_id" in found:
        event["run_id"] = found["run_id"]
    return event


def tell_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    record = event.pop("_record", None)
    event.pop("_from_structlog", None)
    told = event.pop("exc_info", None) or (record.exc_info if record else None)
    error = told if isinstance(told, BaseException) else told[1] if isinstance(told, tuple) else sys.exception()
    if told and error is not None:
        event["exception"] = [described(cause) for cause in causes(error)]
    return event


def causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def described(error: BaseException) -> dict[str, Any]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return {"type": f"{type(error).__module__}.{type(error).__qualname__}", "frames": frames[-MOST_FRAMES:]}


def keep_allowed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    kept = {name: value if name in OURS else plain(value) for name, value in event.items() if name in FIELDS}
    kept["event"] = PERSONAL.sub("[masked]", str(event.get("event", ""))[:LONGEST_TEXT])
    if dropped := sorted(set(event) - FIELDS):
        kept["dropped"] = dropped
    return kept


def plain(value: Any) -> Any:
    """Only what has no inside: an object might show personal data in its repr."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return value[:LONGEST_VALUE] if isinstance(value, str) else type(value).__name__


class RequestLog:
    """ASGI middleware: gives every request an id (the caller's own when it is well-formed), tells it in
    ``X-Request-Id`` and ``scope["state"]["request_id"]``, binds it to every line logged meanwhile, and logs one line
    with the route's template, for the path itself may hold a link's secret.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = structlog.stdlib.get_logger("requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        offered = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = offered.decode() if REQUEST_ID.fullmatch(offered) else f"req_{secrets.token_hex(12)}"
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        began = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                self.log.info("request", method=scope["method"], route=getattr(scope.get("route"), "path", "none"),
                              status=status, milliseconds=round((time.perf_counter() - began) * 1000, 1))  # fmt: skip
