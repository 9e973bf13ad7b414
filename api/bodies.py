"""Request bodies, judged before any route sees them: plain JSON text and numbers that every part can carry."""

import json
import math
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

DEPTH = 32
WHOLE_NUMBERS = 2**53
"""RFC 8259 §6: beyond this not every reader keeps a number exactly."""


class JsonRefused(RequestValidationError):
    def __init__(self, code: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__([{"type": code, "loc": ("body", *path), "msg": code}])


class CheckedRequest(Request):
    """Raises RequestValidationError for JSON that is none, nests too deeply, or holds what PostgreSQL or
    UTF-8 cannot: NUL, lone surrogates, numbers out of range."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parsed(await self.body())
        return self._json


def parsed(body: bytes) -> Any:
    try:
        content = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise JsonRefused("json_invalid") from error
    _check(content, ())
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _check(content: Any, path: tuple[str | int, ...]) -> None:
    if len(path) > DEPTH:
        raise JsonRefused("json_too_deep", path)
    match content:
        case str():
            if not is_plain(content):
                raise JsonRefused("text_not_unicode", path)
        case bool() | None:
            return
        case int() | float():
            if not math.isfinite(content) or (isinstance(content, int) and abs(content) > WHOLE_NUMBERS):
                raise JsonRefused("number_out_of_range", path)
        case dict():
            for name, value in content.items():
                if not is_plain(name):
                    raise JsonRefused("text_not_unicode", path)
                _check(value, (*path, name))
        case list():
            for place, value in enumerate(content):
                _check(value, (*path, place))


def is_plain(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
