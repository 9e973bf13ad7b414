"""The one form of every refusal: an RFC 9457 problem in the reader's language, with what to do next."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from models.errors import (
    BusinessError,
    Conflict,
    Forbidden,
    IdempotencyKeyMissing,
    Invalid,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedType,
)
from models.messages import Language
from models.wording import WORDS, Words

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2

STATUS: dict[type[BusinessError], int] = {
    BusinessError: 500,
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    TooLarge: 413,
    UnsupportedType: 415,
    Unavailable: 503,
    IdempotencyKeyMissing: 400,
    MethodNotAllowed: 405,
    PreconditionFailed: 412,
}

TITLES = {
    400: Words("请求不完整", "Bad request"),
    401: Words("未登录", "Not logged in"),
    403: Words("无权操作", "Not permitted"),
    404: Words("未找到", "Not found"),
    405: Words("方法不支持", "Method not allowed"),
    409: Words("当前不可操作", "Not possible now"),
    412: Words("内容已更新", "Changed meanwhile"),
    413: Words("内容过大", "Too large"),
    415: Words("类型不支持", "Type not accepted"),
    422: Words("内容有误", "Not valid"),
    429: Words("过于频繁", "Too many tries"),
    500: Words("系统错误", "Internal error"),
    503: Words("暂不可用", "Unavailable for now"),
}


class NextAction(NamedTuple):
    code: str
    label: Words
    href: str | None = None


LOG_IN = NextAction("log_in", Words("登录", "Log in"), "/v1/sessions")
REQUEST_CODE = NextAction("request_code", Words("重新获取验证码", "Ask for a new code"), "/v1/verification-codes")
UPLOAD_AGAIN = NextAction("upload_again", Words("重新上传", "Upload again"), "/v1/uploads")
RETRY_SAME_KEY = NextAction(
    "retry_with_same_key", Words("使用相同的 Idempotency-Key 重试", "Retry with the same Idempotency-Key")
)
NEW_KEY = NextAction("use_new_key", Words("使用新的 Idempotency-Key", "Use a new Idempotency-Key"))
CONTACT_SUPPORT = NextAction("contact_support", Words("联系客服", "Contact support"))
CONTACT_SENDER = NextAction("contact_sender", Words("联系发起方", "Contact the sender"))
CONTACT_ADMINISTRATOR = NextAction(
    "contact_main_administrator", Words("联系企业主管理员", "Contact the main administrator")
)
VERIFY_ENTERPRISE = NextAction(
    "verify_enterprise", Words("企业实名认证", "Verify the enterprise"), "/v1/enterprise-verifications"
)

NEXT_ACTIONS: dict[str, tuple[NextAction, ...]] = {
    "login_required": (LOG_IN,),
    "credentials_wrong": (NextAction("log_in_by_code", Words("验证码登录", "Log in by code")),),
    "account_locked": (NextAction("log_in_by_code", Words("验证码登录", "Log in by code"), "/v1/verification-codes"),),
    "account_exists": (LOG_IN,),
    "code_expired": (REQUEST_CODE,),
    "code_used_up": (REQUEST_CODE,),
    "request_in_flight": (RETRY_SAME_KEY,),
    "engine_unavailable": (RETRY_SAME_KEY,),
    "database_unavailable": (RETRY_SAME_KEY,),
    "provider_unavailable": (RETRY_SAME_KEY,),
    "idempotency_key_missing": (NEW_KEY,),
    "idempotency_key_reused": (NEW_KEY,),
    "file_empty": (UPLOAD_AGAIN,),
    "file_too_large": (UPLOAD_AGAIN,),
    "file_unreadable": (UPLOAD_AGAIN,),
    "file_type_not_accepted": (UPLOAD_AGAIN,),
    "image_too_large": (UPLOAD_AGAIN,),
    "image_too_small": (UPLOAD_AGAIN,),
    "document_too_long": (UPLOAD_AGAIN,),
    "document_encrypted": (UPLOAD_AGAIN,),
    "document_active": (UPLOAD_AGAIN,),
    "document_already_signed": (UPLOAD_AGAIN,),
    "upload_of_other_kind": (UPLOAD_AGAIN,),
    "enterprise_already_claimed": (CONTACT_SUPPORT,),  # E02
    "enterprise_not_verified": (VERIFY_ENTERPRISE,),
    "party_name_differs": (CONTACT_SENDER,),  # E06
    "seal_missing": (CONTACT_ADMINISTRATOR,),  # M03
    "certificate_not_valid": (CONTACT_ADMINISTRATOR,),
    "internal_error": (CONTACT_SUPPORT,),
}


class FieldProblem(BaseModel):
    """``pointer`` is a JSON Pointer (RFC 6901) into the part of the request that ``part`` names."""

    part: str
    pointer: str
    code: str
    detail: str


class NextStep(BaseModel):
    code: str
    label: str
    href: str | None = None


class Problem(BaseModel):
    """RFC 9457; the facts of the refusal (e.g. ``attempts_left``) are further members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = []
    request_id: str
    next_actions: list[NextStep] = []


def status_of(error: BusinessError) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def language_of(accept_language: str) -> Language:
    """zh unless English is wanted more (RFC 9110 §12.5.4)."""
    weights: dict[str, float] = {}
    for part in accept_language.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weights.setdefault(tag.strip().lower()[:2], float(weight or 1))
        except ValueError:
            continue
    return "en" if weights.get("en", 0) > weights.get("zh", 0) else "zh"


def problem(
    status: int,
    code: str,
    facts: Mapping[str, Any],
    *,
    language: Language,
    request_id: str,
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    known = dict(facts)
    steps = [
        NextStep(code=step.code, label=step.label.in_language(language, known), href=step.href)
        for step in NEXT_ACTIONS.get(code, ())
    ]
    document = Problem(
        type=f"/problems#{code}",
        title=TITLES.get(status, TITLES[500 if status >= 500 else 400]).in_language(language, known),
        status=status,
        code=code,
        detail=WORDS[code].in_language(language, known),
        errors=errors or [],
        request_id=request_id,
        next_actions=steps,
    )
    content = known | document.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, status, {"Content-Language": language, **(headers or {})}, MEDIA_TYPE)
