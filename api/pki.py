"""What certificates point to: the authority's own certificates, revocation lists, status and timestamps.

The paths stand in every certificate issued, so they never change. Requests and refusals are those of RFC 6960
and RFC 3161, not problem documents: only their own clients come here.
"""

import base64
import binascii

from fastapi import APIRouter, Request, Response

from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.timestamp import TimestampAuthority
from models.database import utc_now

REQUEST_BYTES = 16 * 1024
CERTIFICATE = "application/pkix-cert"
REVOCATION_LIST = "application/pkix-crl"
STATUS = "application/ocsp-response"
TIMESTAMP = "application/timestamp-reply"
# A revocation is seen through caches after at most these seconds.
STATUS_SECONDS = 300
LIST_SECONDS = 600
CERTIFICATE_SECONDS = 86400
NOT_STORED = "no-store"

router = APIRouter(prefix="/pki", tags=["pki"], default_response_class=Response)


def _authority(request: Request) -> CertificateAuthority:
    authority: CertificateAuthority = request.app.state.certificate_authority
    return authority


@router.get("/root.cer", summary="The root certificate (DER)")
async def root_certificate(request: Request) -> Response:
    _, root = await _authority(request).chain()
    return Response(root, media_type=CERTIFICATE, headers=_cached(CERTIFICATE_SECONDS))


@router.get("/issuing.cer", summary="The issuing authority's certificate (DER)")
async def issuing_certificate(request: Request) -> Response:
    issuing, _ = await _authority(request).chain()
    return Response(issuing, media_type=CERTIFICATE, headers=_cached(CERTIFICATE_SECONDS))


@router.get("/root.crl", summary="Revocation list of the root (DER)")
async def root_revocation_list(request: Request) -> Response:
    content = await _authority(request).root_crl(utc_now())
    return Response(content, media_type=REVOCATION_LIST, headers=_cached(LIST_SECONDS))


@router.get("/issuing.crl", summary="Revocation list of the issuing authority (DER)")
async def issuing_revocation_list(request: Request) -> Response:
    content = await _authority(request).crl(utc_now())
    return Response(content, media_type=REVOCATION_LIST, headers=_cached(LIST_SECONDS))


@router.post("/ocsp", summary="Status of a certificate (RFC 6960)")
async def certificate_status(request: Request) -> Response:
    content = await _authority(request).ocsp_response(await _bounded_body(request), utc_now())
    return Response(content, media_type=STATUS, headers={"Cache-Control": NOT_STORED})


@router.get("/ocsp/{encoded:path}", summary="Status of a certificate, by GET (RFC 6960 A.1)")
async def certificate_status_by_get(request: Request, encoded: str) -> Response:
    """Base64 holds slashes, so the request is the whole rest of the path."""
    try:
        # Some clients send + unescaped and a server in between reads it as a space.
        question = base64.b64decode(encoded.replace(" ", "+"), validate=True)
    except (binascii.Error, ValueError):
        question = b""
    content = await _authority(request).ocsp_response(question, utc_now())
    return Response(content, media_type=STATUS, headers=_cached(STATUS_SECONDS))


@router.post("/timestamp", summary="A timestamp token (RFC 3161)")
async def timestamp(request: Request) -> Response:
    authority: TimestampAuthority = request.app.state.timestamp_authority
    content = await authority.respond(await _bounded_body(request))
    return Response(content, media_type=TIMESTAMP, headers={"Cache-Control": NOT_STORED})


async def _bounded_body(request: Request) -> bytes:
    """Nothing for a body over the bound: both protocols answer that as malformed."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > REQUEST_BYTES:
            return b""
    return bytes(body)


def _cached(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"public, max-age={seconds}"}
