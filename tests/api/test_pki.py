"""The routes as certificates point to them: over HTTP, asked by OpenSSL."""

import asyncio
import base64
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from activities.providers.timestamp.client import TimeStampResp
from models.certificates import IssuedCertificate
from models.ids import new_id
from tests.running_pki import USCC, Pki, openssl, pem, pki

__all__ = ["pki"]

OVERSIZE = 16 * 1024 + 1


@pytest.fixture
async def http(pki: Pki) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{pki.url}/pki", trust_env=False) as client:
        yield client


def now() -> datetime:
    return datetime.now(UTC)


async def issue(pki: Pki) -> IssuedCertificate:
    return await pki.authority.issue_enterprise(
        new_id("ref"), enterprise_id="ent_sample", name="样例科技有限公司", uscc=USCC, now=now()
    )


async def asked(pki: Pki, issued: IssuedCertificate, folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """``openssl ocsp`` asks the address that the certificate itself names."""
    issuing, root = await pki.authority.chain()
    for name, der in {"leaf.pem": issued.der, "issuing.pem": issuing, "root.pem": root}.items():
        (folder / name).write_bytes(pem(der))
    address = openssl("x509", "-in", folder / "leaf.pem", "-noout", "-ocsp_uri").stdout.decode().strip()
    files = ("-issuer", folder / "issuing.pem", "-cert", folder / "leaf.pem", "-CAfile", folder / "root.pem")
    ask = ("ocsp", "-url", address, "-verify_other", folder / "issuing.pem")
    return await asyncio.to_thread(openssl, *ask, *files, *options)


@pytest.mark.parametrize("options", [(), ("-no_nonce",)])
async def test_openssl_believes_the_status(pki: Pki, options: tuple[str, ...], tmp_path: Path) -> None:
    issued = await issue(pki)
    result = await asked(pki, issued, tmp_path, *options)
    assert b"Response verify OK" in result.stderr, result.stderr
    assert b"WARNING" not in result.stderr
    assert b"leaf.pem: good" in result.stdout

    await pki.authority.revoke(issued.serial, "keyCompromise", now())
    result = await asked(pki, issued, tmp_path, *options)
    assert b"Response verify OK" in result.stderr
    assert b"leaf.pem: revoked" in result.stdout
    assert b"keyCompromise" in result.stdout


async def test_a_status_by_get_may_be_cached_for_minutes(pki: Pki, http: httpx2.AsyncClient) -> None:
    issued = await issue(pki)
    issuing = x509.load_der_x509_certificate((await pki.authority.chain())[0])
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(issued.der), issuing, hashes.SHA1()
    )
    encoded = base64.b64encode(builder.build().public_bytes(Encoding.DER)).decode()
    for path in (quote(encoded, safe=""), encoded):
        response = await http.get(f"/ocsp/{path}")
        assert response.headers["content-type"] == "application/ocsp-response"
        assert response.headers["cache-control"] == "public, max-age=300"
        read = ocsp.load_der_ocsp_response(response.content)
        assert read.certificate_status is ocsp.OCSPCertStatus.GOOD
        assert f"{read.serial_number:x}" == issued.serial


async def test_certificates_and_lists_are_where_certificates_say(pki: Pki, http: httpx2.AsyncClient) -> None:
    leaf = x509.load_der_x509_certificate((await issue(pki)).der)
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    addresses = [str(each.access_location.value) for each in access]
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    addresses += [str(name.value) for name in points[0].full_name or ()]
    assert addresses == [f"{pki.url}/pki/{end}" for end in ("ocsp", "issuing.cer", "issuing.crl")]

    issuing, root = await http.get("/issuing.cer"), await http.get("/root.cer")
    assert [issuing.content, root.content] == await pki.authority.chain()
    for response in (issuing, root):
        assert response.headers["content-type"] == "application/pkix-cert"
        assert response.headers["cache-control"] == "public, max-age=86400"
    for name, signer in {"issuing": issuing, "root": root}.items():
        response = await http.get(f"/{name}.crl")
        assert response.headers["content-type"] == "application/pkix-crl"
        assert response.headers["cache-control"] == "public, max-age=600"
        listed = x509.load_der_x509_crl(response.content)
        assert listed.is_signature_valid(x509.load_der_x509_certificate(signer.content).public_key())  # type: ignore[arg-type]


async def test_a_revocation_is_listed_at_once(pki: Pki, http: httpx2.AsyncClient) -> None:
    issued = await issue(pki)
    await http.get("/issuing.crl")
    await pki.authority.revoke(issued.serial, "superseded", now())
    listed = x509.load_der_x509_crl((await http.get("/issuing.crl")).content)
    assert listed.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) is not None


async def test_openssl_verifies_a_timestamp_from_the_route(pki: Pki, http: httpx2.AsyncClient, tmp_path: Path) -> None:
    query, reply, root = (tmp_path / name for name in ("query", "reply", "root.pem"))
    (tmp_path / "content").write_text("样例合同")
    openssl("ts", "-query", "-data", tmp_path / "content", "-sha256", "-cert", "-out", query)
    headers = {"Content-Type": "application/timestamp-query"}
    response = await http.post("/timestamp", content=query.read_bytes(), headers=headers)
    assert response.headers["content-type"] == "application/timestamp-reply"
    assert response.headers["cache-control"] == "no-store"
    reply.write_bytes(response.content)
    root.write_bytes(pem((await pki.authority.chain())[1]))
    result = openssl("ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", root)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("body", [b"", b"garbage", b"{}", b"0" * 100, bytes(OVERSIZE), b"\x30\x82\x40\x00" * 8000])
async def test_a_bad_request_is_refused_in_its_own_protocol(http: httpx2.AsyncClient, body: bytes) -> None:
    response = await http.post("/ocsp", content=body)
    assert response.status_code == 200
    read = ocsp.load_der_ocsp_response(response.content)
    assert read.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST

    response = await http.post("/timestamp", content=body)
    assert response.status_code == 200
    status = TimeStampResp.load(response.content)["status"]
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {"bad_data_format"}


@pytest.mark.parametrize("path", ["%FF%FE", "not-base64!", "AAAA", "....", "%2F%2F", "MA==%00"])
async def test_a_bad_status_request_by_get_is_malformed(http: httpx2.AsyncClient, path: str) -> None:
    response = await http.get(f"/ocsp/{path}")
    assert response.status_code == 200
    read = ocsp.load_der_ocsp_response(response.content)
    assert read.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
