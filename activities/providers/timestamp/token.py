"""Timestamp tokens: CMS SignedData over a TSTInfo (RFC 3161 §2.4.2, RFC 5816), encoded directly."""

import hashlib
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from activities.pdf import der
from activities.providers.certificate_authority.names import TIMESTAMP_POLICY
from activities.providers.certificate_authority.revocation import Signer

SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
POLICY = der.oid(TIMESTAMP_POLICY)
GENERALIZED_TIME = 0x18
ACCURACY_SECONDS = 1
ACCURACY = der.sequence(der.integer(ACCURACY_SECONDS))


def tst_info(imprint: bytes, serial: int, at: datetime, nonce: bytes) -> bytes:
    """``imprint`` and ``nonce`` are encoded as in the request; an absent nonce is empty. ``at`` is UTC."""
    time = der.encode(GENERALIZED_TIME, f"{at:%Y%m%d%H%M%S}Z".encode())
    return der.sequence(der.integer(1), POLICY, imprint, der.integer(serial), time, ACCURACY, nonce)


class TokenSigner:
    """One timestamp certificate; what never changes in its tokens is encoded once."""

    def __init__(self, signer: Signer, issuer: bytes) -> None:
        """``issuer`` is the DER certificate a validator needs beside the signer's own."""
        self.signer = signer
        self._certificates = der.encode(der.CONTEXT | 0, *sorted((signer.der, issuer)))
        certificate = signer.certificate
        self._signer_id = der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number))
        # ESSCertIDv2 with its default SHA-256.
        reference = der.sequence(der.octets(hashlib.sha256(signer.der).digest()))
        self._fixed = (
            _attribute(CONTENT_TYPE, TST_INFO),
            _attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(reference))),
        )

    def token(self, info: bytes, with_certificates: bool) -> bytes:
        """DER TimeStampToken over an encoded TSTInfo."""
        digest = der.octets(hashlib.sha256(info).digest())
        attributes = der.set_of(*self._fixed, _attribute(MESSAGE_DIGEST, digest))
        signer_info = der.sequence(
            der.integer(1),
            self._signer_id,
            SHA256,
            bytes([der.CONTEXT | 0]) + attributes[1:],
            ECDSA_SHA256,
            der.octets(self.signer.key.sign(attributes, ec.ECDSA(hashes.SHA256()))),
        )
        signed_data = der.sequence(
            der.integer(3),
            der.set_of(SHA256),
            der.sequence(TST_INFO, der.encode(der.CONTEXT | 0, der.octets(info))),
            self._certificates if with_certificates else b"",
            der.set_of(signer_info),
        )
        return der.sequence(SIGNED_DATA, der.encode(der.CONTEXT | 0, signed_data))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.set_of(value))
