import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from fastapi.middleware import Middleware
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimedOut
from temporalio.service import RPCError, RPCStatusCode

from api import errors
from api.edge import Edge, Metrics
from api.problems import NEXT_ACTIONS, STATUS, language_of, status_of
from models.errors import (
    AccountLocked,
    BusinessError,
    CodeWrong,
    ContractComplete,
    EnterpriseAlreadyClaimed,
    FileTooLarge,
    FileTypeNotAccepted,
    IdempotencyKeyMissing,
    LoginRequired,
    PreconditionFailed,
    ProviderUnavailable,
    ResourceNotFound,
    SealMissing,
    all_errors,
)
from models.wording import WORDS
from observability import RequestLog

RAISED = [kind for kind in all_errors() if not kind.__subclasses__()]
PERSONAL = "13900000000"


async def told(error: Exception, **headers: str) -> httpx2.Response:
    """What the caller of a route that raises gets."""
    app = FastAPI(middleware=[Middleware(RequestLog), Middleware(Edge, metrics=Metrics())])

    @app.get("/")
    async def fail() -> None:
        raise error

    errors.install(app)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        return await client.get("/", headers=headers)


def activity_failed(cause: BaseException) -> ActivityError:
    failed = ActivityError(
        "Activity task failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="",
        activity_id="",
        retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )
    failed.__cause__ = cause
    return failed


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
def test_every_error_has_words_in_both_languages_and_a_status(kind: type[BusinessError]) -> None:
    words = WORDS[kind.code]
    assert words.zh
    assert words.en
    assert words.zh != words.en
    assert 400 <= status_of(kind()) < 600


def test_no_words_and_no_next_actions_are_left_over() -> None:
    codes = {kind.code for kind in RAISED} | {"internal_error"}
    assert set(NEXT_ACTIONS) <= codes


def test_every_category_has_a_status() -> None:
    categories = {kind.__mro__[1] for kind in RAISED}
    assert categories <= set(STATUS)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CodeWrong(attempts_left=3), 422),
        (LoginRequired(), 401),
        (SealMissing(), 403),
        (ResourceNotFound(), 404),
        (ContractComplete(), 409),
        (AccountLocked(retry_after=9), 429),
        (FileTooLarge(limit_mb=10), 413),
        (FileTypeNotAccepted(formats="PDF"), 415),
        (ProviderUnavailable(provider="sms"), 503),
        (IdempotencyKeyMissing(), 400),
        (PreconditionFailed(), 412),
    ],
)
async def test_a_category_decides_the_status(error: BusinessError, status: int) -> None:
    answer = await told(error)
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, error.code)


async def test_a_problem_says_what_happened_and_what_to_do_next() -> None:
    document = (await told(EnterpriseAlreadyClaimed(holder="137****3482"))).json()
    assert document == {
        "type": "/problems#enterprise_already_claimed",
        "title": "当前不可操作",
        "status": 409,
        "code": "enterprise_already_claimed",
        "detail": "该企业已经被137****3482提交实名认证申请，如有问题，请联系客服",
        "holder": "137****3482",
        "errors": [],
        "request_id": document["request_id"],
        "next_actions": [{"code": "contact_support", "label": "联系客服"}],
    }


async def test_facts_cannot_take_the_place_of_a_problems_own_members() -> None:
    document = (await told(CodeWrong(attempts_left=2, status=200, code="fine"))).json()
    assert (document["status"], document["code"], document["attempts_left"]) == (422, "code_wrong", 2)


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh;q=0.3, en;q=0.7", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        (";;q=,en;q=x", "zh"),
    ],
)
async def test_accept_language_chooses_the_words(accept: str, language: str) -> None:
    assert language_of(accept) == language
    answer = await told(LoginRequired(), **{"Accept-Language": accept})
    assert answer.headers["content-language"] == language
    assert answer.json()["detail"] == ("Log in first." if language == "en" else "请先登录。")


async def test_a_business_error_comes_back_through_temporal_with_its_facts() -> None:
    refused = ApplicationError("", {"holder": "137****3482"}, type="EnterpriseAlreadyClaimed")
    for error in (
        WorkflowUpdateFailedError(refused),
        WorkflowUpdateFailedError(activity_failed(refused)),
        activity_failed(refused),
        refused,
    ):
        answer = await told(error)
        assert (answer.status_code, answer.json()["holder"]) == (409, "137****3482")


async def test_an_unknown_failure_from_temporal_is_a_fault_of_ours() -> None:
    answer = await told(WorkflowUpdateFailedError(ApplicationError(PERSONAL, type="KeyError")))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert PERSONAL not in answer.text


@pytest.mark.parametrize(
    "error",
    [
        WorkflowUpdateRPCTimeoutOrCancelledError(),
        RPCError("", RPCStatusCode.UNAVAILABLE, b""),
        RPCError("", RPCStatusCode.DEADLINE_EXCEEDED, b""),
        RPCError("", RPCStatusCode.CANCELLED, b""),
        RPCError("", RPCStatusCode.RESOURCE_EXHAUSTED, b""),
        WorkflowUpdateFailedError(
            activity_failed(ActivityTimedOut("", type=TimeoutType.SCHEDULE_TO_CLOSE, last_heartbeat_details=[]))
        ),
    ],
    ids=repr,
)
async def test_an_engine_away_is_503_that_may_still_be_applied(error: Exception) -> None:
    answer = await told(error)
    assert (answer.status_code, answer.json()["code"]) == (503, "engine_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["next_actions"][0]["code"] == "retry_with_same_key"


async def test_an_unknown_workflow_is_not_found() -> None:
    assert (await told(RPCError("", RPCStatusCode.NOT_FOUND, b""))).status_code == 404


class DiskFull(Exception):
    sqlstate = "53100"


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.InterfaceError("connection is closed"),
        PoolExhausted(),
        InterfaceError("select", {}, Exception(), connection_invalidated=True),
        DBAPIError("select", {}, DiskFull()),
    ],
    ids=repr,
)
async def test_a_database_away_is_503(error: Exception) -> None:
    answer = await told(error)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "error", [ValueError(PERSONAL), KeyError(PERSONAL), DBAPIError(f"select '{PERSONAL}'", {}, Exception(PERSONAL))]
)
async def test_a_fault_of_ours_tells_nothing_of_its_inside(error: Exception) -> None:
    answer = await told(error)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert set(answer.json()) == {
        "type", "title", "status", "code", "detail", "errors", "request_id", "next_actions"
    }  # fmt: skip
    assert PERSONAL not in answer.text
