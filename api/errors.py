"""From whatever was raised to a problem: the only place that knows both the errors and HTTP."""

from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.routing import Match
from temporalio.client import (
    RPCTimeoutOrCancelledError,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.exceptions import TimeoutError as ActivityTimedOut
from temporalio.service import RPCError, RPCStatusCode

from api.problems import RETRY_SECONDS, FieldProblem, language_of, problem, status_of
from models import errors
from models.errors import (
    BodyTooLarge,
    BusinessError,
    DatabaseUnavailable,
    EngineUnavailable,
    MethodNotAllowed,
    RequestInvalid,
    ResourceNotFound,
    Unauthenticated,
    Unavailable,
)
from models.messages import Language
from models.wording import FIELD_WORDS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ENGINE_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.FAILED_PRECONDITION,
    }
)
DATABASE_AWAY = ("08", "40", "53", "57")
"""SQLSTATE classes: connection, rolled back by a conflict, resources, shutdown."""
TEXT_NOT_STORABLE = ("22021", "22P05")
"""SQLSTATEs of text with NUL, which can still come decoded from a cursor or a code."""
FIELDS_NAMED = 50

log = structlog.get_logger()

HANDLED: tuple[type[Exception], ...] = (
    BusinessError,
    HTTPException,
    RequestValidationError,
    WorkflowUpdateFailedError,
    WorkflowFailureError,
    FailureError,
    RPCTimeoutOrCancelledError,
    RPCError,
    DBAPIError,
    PoolExhausted,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    ConnectionError,
)


def install(app: FastAPI) -> None:
    for kind in HANDLED:
        app.add_exception_handler(kind, answer)


async def answer(request: Request, error: Exception) -> Response:
    """Also the last resort: what has no name becomes ``internal_error``, logged by class and place."""
    language = language_of(request.headers.get("accept-language", ""))
    request_id = request.scope["state"]["request_id"]
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = methods_of(request)
        error = MethodNotAllowed(allowed=allowed)
    refused = refusal(error)
    if refused is None:
        log.error("internal_error", exc_info=error)
        return problem(500, "internal_error", {}, language=language, request_id=request_id)
    fields = field_problems(error, language) if isinstance(error, RequestValidationError) else []
    return problem(
        status_of(refused),
        refused.code,
        refused.facts,
        language=language,
        request_id=request_id,
        errors=fields,
        headers=headers_of(refused),
    )


def refusal(error: BaseException) -> BusinessError | None:
    """What the caller is to be told; None for a fault of ours."""
    if isinstance(error, BusinessError):
        return error
    if isinstance(error, RequestValidationError):
        return RequestInvalid()
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, WorkflowUpdateFailedError | WorkflowFailureError | FailureError):
        return _of_failure(error)
    if isinstance(error, RPCTimeoutOrCancelledError):
        return EngineUnavailable()
    if isinstance(error, RPCError):
        return _of_rpc(error.status)
    return _of_database(error)


def _of_http(error: HTTPException) -> BusinessError | None:
    if error.status_code == 404:
        return ResourceNotFound()
    if error.status_code == 413:
        return BodyTooLarge(limit_mb=error.detail)
    return RequestInvalid() if error.status_code < 500 else None


def _of_failure(error: BaseException) -> BusinessError | None:
    """Temporal carries a business error as the name of its class, with the facts as first detail."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ActivityTimedOut):
            return EngineUnavailable()
        if isinstance(cause, ApplicationError) and (kind := errors.by_name(cause.type or "")):
            facts = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
            return kind(**facts)
        cause = cause.__cause__
    return None


def _of_rpc(status: RPCStatusCode) -> BusinessError | None:
    if status == RPCStatusCode.NOT_FOUND:
        return ResourceNotFound()
    return EngineUnavailable() if status in ENGINE_AWAY else None


def _of_database(error: BaseException) -> BusinessError | None:
    if isinstance(error, PoolExhausted | ConnectionError | asyncpg.InterfaceError):
        return DatabaseUnavailable()
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseUnavailable()
    state = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if state in TEXT_NOT_STORABLE:
        return RequestInvalid()
    return DatabaseUnavailable() if state.startswith(DATABASE_AWAY) else None


def headers_of(error: BusinessError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_SECONDS)
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(str(method) for method in _listed(error.facts["allowed"]))
    return headers


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def methods_of(request: Request) -> list[str]:
    """All methods of the address: each route names only its own, so every route is asked for every method."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.router.routes
        )
    ]


def field_problems(error: RequestValidationError, language: Language) -> list[FieldProblem]:
    """Where and why, never the content that was refused."""
    return [_field_problem(found, language) for found in error.errors()[:FIELDS_NAMED]]


def _field_problem(found: dict[str, Any], language: Language) -> FieldProblem:
    part, *path = found["loc"] or ("body",)
    code = str(found["type"])
    if code == "value_error":
        code = str(found.get("ctx", {}).get("error", code))
    if code == "json_invalid":
        path = []
    words = FIELD_WORDS.get(code, FIELD_WORDS["other"])
    facts = {key: value for key, value in found.get("ctx", {}).items() if key != "error"}
    return FieldProblem(
        part=str(part),
        pointer="".join(f"/{_escaped(step)}" for step in path),
        code=code,
        detail=words.in_language(language, facts),
    )


def _escaped(step: object) -> str:
    text = str(step)[:100].encode("utf-8", "replace").decode()
    return text.replace("~", "~0").replace("/", "~1")
