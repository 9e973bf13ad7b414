import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from activities.providers.certificate_authority.revocation import (
    STATUS_LIFETIME,
    QuestionMalformed,
    read_question,
)
from models.certificates import CertificateKind, IssuedCertificate
from models.ids import new_id
from tests.running_pki import Pki

MALFORMED = ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def now() -> datetime:
    return datetime.now(UTC)


async def issue(pki: Pki) -> IssuedCertificate:
    return await pki.authority.issue_person(new_id("ref"), account_id="acc_sample", name="张三样例", now=now())


async def question(pki: Pki, der: bytes, *extensions: x509.ExtensionType, critical: bool = False) -> bytes:
    issuing = x509.load_der_x509_certificate((await pki.authority.chain())[0])
    builder = ocsp.OCSPRequestBuilder().add_certificate(x509.load_der_x509_certificate(der), issuing, hashes.SHA1())
    for extension in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.build().public_bytes(Encoding.DER)


async def answer(pki: Pki, request: bytes, at: datetime | None = None) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(await pki.authority.ocsp_response(request, at or now()))


async def test_a_good_answer_is_signed_by_the_responder_and_dated(pki: Pki) -> None:
    at = now()
    response = await answer(pki, await question(pki, (await issue(pki)).der), at)
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    (responder,) = response.certificates
    issuing = x509.load_der_x509_certificate((await pki.authority.chain())[0])
    responder.verify_directly_issued_by(issuing)
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    assert response.this_update_utc == at.replace(microsecond=0)
    assert response.next_update_utc == response.this_update_utc + STATUS_LIFETIME


async def test_a_revoked_answer_tells_when_and_why(pki: Pki) -> None:
    issued, at = await issue(pki), now()
    await pki.authority.revoke(issued.serial, "affiliationChanged", at)
    response = await answer(pki, await question(pki, issued.der))
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_time_utc == at.replace(microsecond=0)
    assert response.revocation_reason is x509.ReasonFlags.affiliation_changed


async def test_unspecified_is_said_by_silence(pki: Pki) -> None:
    issued = await issue(pki)
    await pki.authority.revoke(issued.serial, "unspecified", now())
    assert (await answer(pki, await question(pki, issued.der))).revocation_reason is None
    listed = x509.load_der_x509_crl(await pki.authority.crl(now()))
    entry = listed.get_revoked_certificate_by_serial_number(int(issued.serial, 16))
    assert entry is not None
    assert len(entry.extensions) == 0


async def test_a_serial_never_issued_is_unknown(pki: Pki) -> None:
    issuing = x509.load_der_x509_certificate((await pki.authority.chain())[0])
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*_hashes_of(issuing), 0x1234567890, hashes.SHA256())
    response = await answer(pki, builder.build().public_bytes(Encoding.DER))
    assert response.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def _hashes_of(issuing: x509.Certificate) -> tuple[bytes, bytes]:
    point = issuing.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return hashlib.sha256(issuing.subject.public_bytes()).digest(), hashlib.sha256(point).digest()


async def test_another_issuers_certificate_is_not_ours_to_judge(pki: Pki) -> None:
    _, root = await pki.authority.chain()
    certificate = x509.load_der_x509_certificate(root)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, certificate, hashes.SHA1())
    response = await answer(pki, builder.build().public_bytes(Encoding.DER))
    assert response.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("length", [1, 32, 128])
async def test_the_nonce_comes_back(pki: Pki, length: int) -> None:
    nonce = x509.OCSPNonce(bytes(range(length)))
    response = await answer(pki, await question(pki, (await issue(pki)).der, nonce))
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value == nonce


async def test_no_nonce_is_invented(pki: Pki) -> None:
    response = await answer(pki, await question(pki, (await issue(pki)).der))
    assert len(response.extensions) == 0


@pytest.mark.parametrize("length", [0, 129])
async def test_a_nonce_out_of_bounds_is_malformed(pki: Pki, length: int) -> None:
    request = await question(pki, (await issue(pki)).der, x509.OCSPNonce(bytes(length)))
    assert (await answer(pki, request)).response_status is MALFORMED


async def test_a_critical_extension_not_known_here_is_malformed(pki: Pki) -> None:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.7"), b"\x30\x00")
    issued = await issue(pki)
    assert (await answer(pki, await question(pki, issued.der, extension))).response_status is not MALFORMED
    critical = await question(pki, issued.der, extension, critical=True)
    assert (await answer(pki, critical)).response_status is MALFORMED


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_named_malformed(data: bytes) -> None:
    with pytest.raises(QuestionMalformed):
        read_question(data)


async def test_every_single_byte_changed_still_gets_an_answer_of_the_protocol(pki: Pki) -> None:
    request = await question(pki, (await issue(pki)).der, x509.OCSPNonce(b"12345678"))
    statuses = set()
    for place in range(len(request)):
        for change in (0x01, 0x80, 0xFF):
            changed = request[:place] + bytes([request[place] ^ change]) + request[place + 1 :]
            statuses.add((await answer(pki, changed)).response_status)
    assert statuses <= set(ocsp.OCSPResponseStatus)
    assert MALFORMED in statuses


async def test_a_list_is_signed_again_only_when_something_changed_or_it_grew_old(pki: Pki) -> None:
    at = now()
    first = await pki.authority.crl(at)
    assert await pki.authority.crl(at) == first
    await pki.authority.revoke((await issue(pki)).serial, "superseded", at)
    second = await pki.authority.crl(at)
    assert number_of(second) == number_of(first) + 1
    old = await pki.authority.crl(at + timedelta(hours=2))
    assert number_of(old) == number_of(second) + 1
    read = x509.load_der_x509_crl(old)
    assert read.last_update_utc == (at + timedelta(hours=2)).replace(microsecond=0)
    assert read.next_update_utc == read.last_update_utc + timedelta(days=7)
    issuing = x509.load_der_x509_certificate((await pki.authority.chain())[0])
    key = issuing.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert read.is_signature_valid(key)
    await pki.authority.crl(at)


async def test_racing_readers_of_an_old_list_sign_one_new(pki: Pki) -> None:
    before = number_of(await pki.authority.crl(now()))
    await pki.authority.revoke((await issue(pki)).serial, "superseded", now())
    at = now()
    lists = await asyncio.gather(*(pki.authority.crl(at) for _ in range(10)))
    assert {number_of(each) for each in lists} == {before + 1}
    assert len(set(lists)) == 1


async def test_the_root_lists_a_revoked_issuing_certificate_alone(pki: Pki) -> None:
    assert len(x509.load_der_x509_crl(await pki.authority.root_crl(now()))) == 0
    issuing = await pki.authority.signer(CertificateKind.ISSUING, now())
    issued = await issue(pki)
    await pki.authority.revoke(issued.serial, "superseded", now())
    listed = x509.load_der_x509_crl(await pki.authority.root_crl(now()))
    assert listed.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) is None
    assert listed.issuer == issuing.certificate.issuer


def number_of(crl: bytes) -> int:
    read = x509.load_der_x509_crl(crl)
    return read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
