"""Hostile and broken requests: each is a problem document, none is a 500."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.limits import MEBIBYTE
from tests.api.conftest import Person, key

JSON = {"Content-Type": "application/json"}


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = answer.json()
    assert document["code"] == code
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json_invalid"),
        (b"{", "json_invalid"),
        (b"\xff\xfe{}", "json_invalid"),
        (b'{"to": NaN}', "json_invalid"),
        (b"9" * 5000, "json_invalid"),
        (b"[" * 100_000, "json_invalid"),
        (b"[" * 40 + b"]" * 40, "json_too_deep"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "json_too_deep"),
        (b'{"to": "\\u0000"}', "text_not_unicode"),
        (b'{"to": "\\ud800"}', "text_not_unicode"),
        (b'{"\\udfff": 1}', "text_not_unicode"),
        (b'{"purpose": 1e999}', "number_out_of_range"),
        (b'{"purpose": 99999999999999999999}', "number_out_of_range"),
        (b"[]", "model_attributes_type"),
        (b"null", "model_attributes_type"),
        (b'"text"', "model_attributes_type"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/verification-codes", "/v1/accounts", "/v1/sessions"])
async def test_broken_json_is_named(client: httpx2.AsyncClient, path: str, body: bytes, code: str) -> None:
    answer = await client.post(path, content=body, headers=JSON | key())
    document = problem(answer, 422, "request_invalid")
    assert document["errors"][0]["code"] == code  # type: ignore[index]


async def test_a_field_is_named_by_its_pointer_and_its_content_is_not_repeated(
    client: httpx2.AsyncClient,
) -> None:
    content = {"channel": "sms", "to": "1390000", "purpose": "register", "a/b~c": 1}
    answer = await client.post("/v1/verification-codes", json=content, headers=key())
    found = {field["pointer"]: field["code"] for field in answer.json()["errors"]}
    assert found == {"/to": "mobile_invalid", "/a~1b~0c": "extra_forbidden"}
    assert "1390000" not in answer.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["channel", "to", "purpose", "subject", "contact", "password", "challenge_id", "code", "name"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/v1/verification-codes", "/v1/accounts", "/v1/sessions"]),
    content=st.dictionaries(fields, json_values | st.text(), max_size=6),
)
async def test_no_json_makes_a_500(client: httpx2.AsyncClient, path: str, content: dict[str, object]) -> None:
    body = json.dumps(content).encode()
    answer = await client.post(path, content=body, headers=JSON | key())
    assert answer.status_code in (201, 202, 401, 422, 429), answer.text


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
async def test_json_routes_take_json_only(client: httpx2.AsyncClient, media_type: str) -> None:
    headers = key() | ({"Content-Type": media_type} if media_type else {})
    answer = await client.post("/v1/sessions", content=b"{}", headers=headers)
    problem(answer, 415, "media_type_not_accepted")


async def test_a_body_over_the_limit_is_refused_by_what_it_declares(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/v1/sessions", content=b" " * (MEBIBYTE + 1), headers=JSON)
    assert problem(answer, 413, "body_too_large")["limit_mb"] == "1"


async def test_a_body_over_the_limit_is_refused_as_it_arrives(client: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    answer = await client.post("/v1/sessions", content=pieces(), headers=JSON)
    problem(answer, 413, "body_too_large")


async def test_a_form_may_be_larger_but_not_without_end(client: httpx2.AsyncClient, person: Person) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        for _ in range(count):
            yield b" " * MEBIBYTE

    headers = person.headers | {"Content-Type": "multipart/form-data; boundary=b"}
    cut = await client.post("/v1/uploads", content=pieces(2), headers=headers)
    assert cut.status_code in (400, 422)
    answer = await client.post("/v1/uploads", content=pieces(56), headers=headers)
    assert problem(answer, 413, "body_too_large")["limit_mb"] == "55"


async def test_nobody_uploads_before_login(client: httpx2.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    problem(await client.post("/v1/uploads", content=never(), headers=headers), 401, "login_required")


async def test_an_unknown_address_is_a_problem_too(client: httpx2.AsyncClient) -> None:
    problem(await client.get("/v1/nothing"), 404, "resource_not_found")


async def test_a_wrong_method_names_every_right_one(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/v1/sessions")
    assert problem(answer, 405, "method_not_allowed")["allowed"] == ["GET", "POST"]
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/v1/uploads/%00", "/v1/uploads/upl_%ff", "/v1/me?x=%00", "/v1/sessions/a%00b"])
async def test_an_address_of_nul_or_broken_bytes_names_nothing(
    client: httpx2.AsyncClient, person: Person, path: str
) -> None:
    problem(await client.get(path, headers=person.headers), 404, "resource_not_found")


async def test_the_callers_request_id_is_kept_when_plain(client: httpx2.AsyncClient) -> None:
    mine = await client.get("/livez", headers={"X-Request-Id": "caller-00000001"})
    assert mine.headers["x-request-id"] == "caller-00000001"
    strange = await client.get("/livez", headers={"X-Request-Id": "a b\tc" * 30})
    assert strange.headers["x-request-id"].startswith("req_")


async def test_every_answer_carries_the_security_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/livez", "/v1/me", "/v1/nothing"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def port(app: FastAPI, free_port_of_module: int) -> Iterator[int]:
    """The same application behind a real server on a real socket."""
    config = uvicorn.Config(app, port=free_port_of_module, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield free_port_of_module
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def free_port_of_module() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        number: int = listener.getsockname()[1]
    return number


async def sent(port: int, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    await writer.drain()
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nAccept-Language: \xff\xfe;q=zz,,;;\r\nConnection: close\r\n\r\n", b"200"),
        (b"GET /nope HTTP/1.1\r\nHost: x\r\nAccept-Language: en;q=abc, zh;q=\r\nConnection: close\r\n\r\n", b"404"),
        (b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"404"),
        (b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n", b"4"),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", b"400"),
        (b"GET /livez HTTP/1.1\r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\n", b"4"),
        (b"\x16\x03\x01\x00\xa5", b"400"),
    ],
)
async def test_garbage_on_the_wire_is_a_client_error(port: int, raw: bytes, status: bytes) -> None:
    answer = await sent(port, raw)
    assert answer.split(b" ", 2)[1].startswith(status), answer[:200]


async def test_a_body_cut_off_half_way_leaves_the_server_well(port: int) -> None:
    raw = b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
    await sent(port, raw)
    answer = await sent(port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


async def test_too_large_is_answered_without_waiting_for_the_body(port: int) -> None:
    raw = b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    answer = await sent(port, raw)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer
