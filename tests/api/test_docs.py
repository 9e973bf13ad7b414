import re

import httpx2
from fastapi import FastAPI

from api.docs import problem_codes


async def test_openapi_declares_problems_everywhere(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) > 8
    for operation in operations:
        assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)


async def test_openapi_shows_the_key_of_every_post(client: httpx2.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in paths.values():
        if "post" in path:
            names = [parameter["name"] for parameter in path["post"]["parameters"]]
            assert names.count("Idempotency-Key") == 1


async def test_the_docs_page_needs_no_other_server(client: httpx2.AsyncClient) -> None:
    page = await client.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"(?:src|href)=\"(?!/)", page.text)
    assert "<script>" not in page.text
    for address in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page.text):
        assert (await client.get(address)).status_code == 200


async def test_the_docs_pages_document_is_openapi_3_0(client: httpx2.AsyncClient) -> None:
    document = await client.get("/docs/openapi.json")
    assert document.json()["openapi"] == "3.0.3"
    assert '{"type":"null"}' not in document.text.replace(" ", "")


async def test_no_other_file_is_served_as_an_asset(client: httpx2.AsyncClient) -> None:
    for name in ("index.html", "..%2f..%2f__init__.py", "swagger-ui.js"):
        assert (await client.get(f"/docs/{name}")).status_code == 404


async def test_every_problem_type_resolves(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/problems")).text
    for code in problem_codes():
        assert f"<tr id='{code}'>" in page


async def test_every_route_with_a_transaction_is_of_the_route_class(app: FastAPI) -> None:
    """A POST outside it would neither commit nor be idempotent."""
    schema = app.openapi()
    posts = [path for path, item in schema["paths"].items() if "post" in item and not path.startswith("/pki")]
    for path in posts:
        answer_codes = schema["paths"][path]["post"]["responses"]
        assert {"200", "201", "202", "204"} & set(answer_codes)
