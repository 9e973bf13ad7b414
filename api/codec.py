"""Decoded payloads for the Temporal UI: what is stored encrypted is shown only to operators who hold the token."""

import hmac
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from google.protobuf import json_format
from google.protobuf.json_format import ParseError
from pydantic import SecretStr
from temporalio.api.common.v1 import Payloads

from models.errors import LoginRequired, RequestInvalid, ResourceNotFound
from workflows.encryption import PayloadEncryption

router = APIRouter(prefix="/codec", tags=["operations"], include_in_schema=False)


class CodecAccess(NamedTuple):
    """The UI that may ask, and the token it must present where there is one."""

    origin: str | None
    token: SecretStr | None


ALLOWED_HEADERS = "content-type, x-namespace, authorization"


@router.options("/decode")
async def preflight(request: Request) -> Response:
    return Response(status_code=204, headers=cors(request))


@router.post("/decode")
async def decode(request: Request) -> Response:
    """Payloads in, payloads out (protobuf JSON), as the UI's remote codec asks. Raises LoginRequired."""
    headers = cors(request)
    access: CodecAccess = request.app.state.codec_access
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if access.token and not hmac.compare_digest(given.encode(), access.token.get_secret_value().encode()):
        raise LoginRequired
    try:
        payloads = json_format.Parse(await request.body(), Payloads())
        decoded = await PayloadEncryption(request.app.state.keyring).decode(payloads.payloads)
    except (ParseError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise RequestInvalid from error
    return Response(
        json_format.MessageToJson(Payloads(payloads=decoded)), media_type="application/json", headers=headers
    )


def cors(request: Request) -> dict[str, str]:
    """Only the UI's own pages may read the answer; with no UI configured the route does not exist."""
    access: CodecAccess = request.app.state.codec_access
    if access.origin is None:
        raise ResourceNotFound
    return {
        "Access-Control-Allow-Origin": access.origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }
