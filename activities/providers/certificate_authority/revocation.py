"""Revocation lists (RFC 5280 §5) and certificate status answers (RFC 6960): values in, DER out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from models.certificates import Certificate, CertificateState

STATUS_LIFETIME = timedelta(hours=12)
NONCE_BYTES = 128
"""RFC 9654 §2.1."""


class Signer(NamedTuple):
    """A certificate of the authority with the key to use it."""

    serial: str
    certificate: x509.Certificate
    der: bytes
    key: ec.EllipticCurvePrivateKey


class Question(NamedTuple):
    """Whose status is asked, as the asker wrote it."""

    name_hash: bytes
    key_hash: bytes
    serial: int
    algorithm: hashes.HashAlgorithm
    nonce: bytes | None


class QuestionMalformed(Exception):
    """The bytes are no status request that this responder reads: one certificate, nothing critical beside it."""


def read_question(request_der: bytes) -> Question:
    """Raises QuestionMalformed."""
    try:
        request = ocsp.load_der_ocsp_request(request_der)
        nonce = None
        for extension in request.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                nonce = extension.value.nonce
            elif extension.critical:
                raise QuestionMalformed
        algorithm = request.hash_algorithm
    except (ValueError, NotImplementedError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise QuestionMalformed from error
    if request.serial_number < 0 or (nonce is not None and not 1 <= len(nonce) <= NONCE_BYTES):
        raise QuestionMalformed
    return Question(request.issuer_name_hash, request.issuer_key_hash, request.serial_number, algorithm, nonce)


def question_about(serial: int, issuer: x509.Certificate) -> Question:
    """The question a validator would ask, without a nonce."""
    algorithm = hashes.SHA256()
    return Question(*_issuer_hashes(issuer, algorithm), serial, algorithm, None)


def concerns(question: Question, issuer: x509.Certificate) -> bool:
    """Whether the certificate asked about is one of this issuer's."""
    return _issuer_hashes(issuer, question.algorithm) == (question.name_hash, question.key_hash)


def status_answer(question: Question, row: Certificate | None, responder: Signer, now: datetime) -> bytes:
    """``unknown`` for a serial not issued; the question's nonce comes back in the answer."""
    status, revoked_at, reason = _status(row)
    this_update = now.replace(microsecond=0)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            question.name_hash,
            question.key_hash,
            question.serial,
            question.algorithm,
            status,
            this_update,
            this_update + STATUS_LIFETIME,
            revoked_at,
            reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    if question.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(question.nonce), critical=False)
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def revocation_list(
    issuer: Signer, revoked: Sequence[Certificate], number: int, this_update: datetime, next_update: datetime
) -> bytes:
    # add_revoked_certificate copies the whole list at each step; the constructor takes it at once.
    builder = x509.CertificateRevocationListBuilder(revoked_certificates=[_entry(row) for row in revoked])
    builder = builder.issuer_name(issuer.certificate.subject).last_update(this_update).next_update(next_update)
    key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = builder.add_extension(key_identifier, critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _status(
    row: Certificate | None,
) -> tuple[ocsp.OCSPCertStatus, datetime | None, x509.ReasonFlags | None]:
    if row is None or row.state == CertificateState.PLANNED:
        return ocsp.OCSPCertStatus.UNKNOWN, None, None
    if row.state == CertificateState.REVOKED:
        return ocsp.OCSPCertStatus.REVOKED, row.revoked_at, _reason(row)
    return ocsp.OCSPCertStatus.GOOD, None, None


def _entry(row: Certificate) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(int(row.serial, 16))
    if row.revoked_at is not None:
        builder = builder.revocation_date(row.revoked_at)
    reason = _reason(row)
    if reason is not None:
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()


def _reason(row: Certificate) -> x509.ReasonFlags | None:
    """``unspecified`` is said by saying nothing (RFC 5280 §5.3.1)."""
    return None if row.revocation_reason == "unspecified" else x509.ReasonFlags(row.revocation_reason)


def _issuer_hashes(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    key = issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _digest(algorithm, issuer.subject.public_bytes()), _digest(algorithm, key)


def _digest(algorithm: hashes.HashAlgorithm, value: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(value)
    return digest.finalize()
