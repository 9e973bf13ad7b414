"""Every route of the contract at once: who is let in, and that nothing sent to it makes a fault of ours."""

import json
import re

import httpx2
import pytest
from fastapi import FastAPI

from tests.api.conftest import Person, key

PUBLIC = {
    ("post", "/v1/verification-codes"),
    ("post", "/v1/accounts"),
    ("post", "/v1/sessions"),
    ("get", "/livez"),
    ("get", "/readyz"),
}
GARBAGE: tuple[object, ...] = (
    {},
    {"": None},
    {"title": "x" * 5000, "document": -1, "parties": [{}] * 60, "deadline": "2038-01-19T03:14:08"},
    {"fields": {"name": "\u202e\ufeff"}, "method": "face", "code": "000000", "reason": " "},
    {"licence": "upl_1", "id_portrait": "upl_1", "id_emblem": "upl_1", "role": "agent", "consents": []},
    {"placements": [{"page": 2**40, "x": 1e308, "y": -1e308}], "challenge_id": "", "code": "123456"},
    {"number": "'; drop table account; --", "kind": "text", "text": "𝕏" * 100},
    [],
    0,
)
QUERIES = (
    "limit=0",
    "limit=99999999999999999999",
    "limit=x",
    "cursor=%F0%9F%92%A9",
    "cursor=AA==",
    "kind=",
    "state=%27",
)


def operations(app: FastAPI) -> list[tuple[str, str]]:
    paths = app.openapi()["paths"]
    return [(method, path) for path, item in paths.items() for method in item if not path.startswith("/pki")]


def filled(path: str, value: str) -> str:
    return re.sub(r"\{[^}]+\}", value, path)


async def test_nobody_unknown_gets_beyond_the_public_routes(app: FastAPI, client: httpx2.AsyncClient) -> None:
    for method, path in operations(app):
        if (method, path) in PUBLIC or path.startswith("/v1/evidence") or path.startswith("/v1/validations"):
            continue
        answer = await client.request(method, filled(path, "1"), headers=key())
        assert answer.status_code in (401, 403), (method, path, answer.status_code)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_route_fails_on_garbage(
    app: FastAPI, client: httpx2.AsyncClient, person: Person, language: str
) -> None:
    for method, path in operations(app):
        if path in ("/readyz", "/v1/sessions/current"):
            continue
        for content in GARBAGE:
            headers = person.headers | key() | {"Content-Type": "application/json", "Accept-Language": language}
            body = json.dumps(content).encode() if method != "get" else b""
            answer = await client.request(method, filled(path, "1"), content=body, headers=headers)
            assert answer.status_code < 500, (method, path, content, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["content-language"] == language


@pytest.mark.parametrize("value", ["prc_" + "f" * 32, "%00", "..%2f..%2fetc", "%F0%9F%92%A9", "1" * 3000, "-1"])
async def test_no_route_fails_on_an_address(
    app: FastAPI, client: httpx2.AsyncClient, person: Person, value: str
) -> None:
    for method, path in operations(app):
        if "{" not in path:
            continue
        answer = await client.request(method, filled(path, value), headers=person.headers | key())
        assert 400 <= answer.status_code < 500, (method, path, answer.text)


async def test_no_route_fails_on_a_query(app: FastAPI, client: httpx2.AsyncClient, person: Person) -> None:
    for method, path in operations(app):
        if method != "get" or path == "/readyz":
            continue
        for query in QUERIES:
            answer = await client.get(f"{filled(path, '1')}?{query}", headers=person.headers)
            assert answer.status_code < 500, (path, query, answer.text)
