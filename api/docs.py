"""The contract for integrators: OpenAPI, pages to read it without any foreign server, and every problem's meaning."""

import html
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse
from swagger_ui_bundle import swagger_ui_path

from api.problems import MEDIA_TYPE, Problem, status_of
from models.errors import ResourceNotFound, all_errors
from models.wording import WORDS

router = APIRouter(include_in_schema=False)

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "A problem (RFC 9457); /problems lists the codes"}
}
ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>千章 API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script></body></html>"""
START = 'SwaggerUIBundle({url: "/docs/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null});'


@router.get("/docs")
async def docs() -> HTMLResponse:
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    return Response(START, media_type="text/javascript")


@router.get("/docs/openapi.json")
async def openapi_for_page(request: Request) -> dict[str, Any]:
    """The bundled page reads OpenAPI 3.0 only."""
    document: dict[str, Any] = _without_null({**request.app.openapi(), "openapi": "3.0.3"})
    return document


@router.get("/docs/{asset}")
async def asset(asset: str) -> FileResponse:
    if asset not in ASSETS:
        raise ResourceNotFound
    return FileResponse(swagger_ui_path / asset, media_type=ASSETS[asset])


@router.get("/problems")
async def problems() -> HTMLResponse:
    rows = [
        f"<tr id='{code}'><td>{code}</td><td>{status}</td><td>{html.escape(WORDS[code].zh)}</td>"
        f"<td>{html.escape(WORDS[code].en)}</td></tr>"
        for code, status in sorted(problem_codes().items())
    ]
    page = f"<!doctype html><meta charset='utf-8'><title>Problems</title><table>{''.join(rows)}</table>"
    return HTMLResponse(page)


def problem_codes() -> dict[str, int]:
    """Every code that can be answered, with its HTTP status; categories are never raised themselves."""
    raised = {kind.code: status_of(kind()) for kind in all_errors() if not kind.__subclasses__()}
    return raised | {"internal_error": 500}


def describe(app: FastAPI) -> None:
    """Problems as ``application/problem+json``, and the Idempotency-Key of every POST, in ``/openapi.json``."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            for path in document["paths"].values():
                for method, operation in path.items():
                    _describe(method, operation)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _describe(method: str, operation: dict[str, Any]) -> None:
    default = operation["responses"].get("default", {})
    if "application/json" in default.get("content", {}):
        default["content"][MEDIA_TYPE] = default["content"].pop("application/json")
    parameters = operation.setdefault("parameters", [])
    if method == "post" and not any(known["name"] == "Idempotency-Key" for known in parameters):
        schema = {"type": "string", "minLength": 8, "maxLength": 255}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})


def _without_null(schema: Any) -> Any:
    """``anyOf: [X, null]`` as OpenAPI 3.0 says it: X, nullable."""
    if isinstance(schema, list):
        return [_without_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _without_null(part) for name, part in schema.items()}
    options = plain.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        plain["anyOf"] = [option for option in options if option != {"type": "null"}]
        plain["nullable"] = True
    return plain
