"""CMS SignedData for PAdES (RFC 5652, ETSI EN 319 122-1, EN 319 142-1), built directly.

The attributes and certificates that never change are encoded once per signer. No signing-time attribute: PAdES
takes the claimed time from the dictionary's ``/M`` and the proved one from the timestamp.
"""

import hashlib
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from activities.pdf import der

DATA = der.oid("1.2.840.113549.1.7.1")
SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
ALGORITHM_PROTECTION = der.oid("1.2.840.113549.1.9.52")
SIGNATURE_TIMESTAMP = der.oid("1.2.840.113549.1.9.16.2.14")
SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
RSA_SHA256 = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.encode(der.NULL))

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class CmsSigner:
    """One certificate with its parsed key; ``sign`` may be called any number of times."""

    def __init__(self, certificate: bytes, chain: list[bytes], key: SigningKey) -> None:
        """``certificate`` and ``chain`` (issuing first) are DER, the key that of the certificate."""
        leaf = x509.load_der_x509_certificate(certificate)
        if leaf.public_key() != key.public_key():
            raise ValueError("the key is not the certificate's")
        issuer = leaf.issuer.public_bytes()
        names = der.sequence(der.encode(der.CONTEXT | 4, issuer))
        serial = der.integer(leaf.serial_number)
        reference = der.sequence(der.octets(hashlib.sha256(certificate).digest()), der.sequence(names, serial))
        self._key = key
        self._algorithm = RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256
        self._signer_id = der.sequence(issuer, serial)
        self._certificates = der.encode(der.CONTEXT | 0, *sorted({certificate, *chain}))
        self._fixed_attributes = [
            _attribute(CONTENT_TYPE, DATA),
            _attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(reference))),
            _attribute(ALGORITHM_PROTECTION, der.sequence(SHA256, der.encode(der.CONTEXT | 1, self._algorithm[2:]))),
        ]

    @property
    def room(self) -> int:
        """Bytes a signature takes at most, its timestamp not counted."""
        return len(self._certificates) + len(self._signer_id) + sum(map(len, self._fixed_attributes)) + 1024

    def sign(self, digest: bytes, timestamp: Callable[[bytes], bytes]) -> bytes:
        """DER ContentInfo over a SHA-256 ``digest``; ``timestamp`` turns a SHA-256 into a DER TimeStampToken."""
        attributes = der.set_of(*self._fixed_attributes, _attribute(MESSAGE_DIGEST, der.octets(digest)))
        signature = self._raw(hashlib.sha256(attributes).digest())
        token = timestamp(hashlib.sha256(signature).digest())
        signer_info = der.sequence(
            der.integer(1),
            self._signer_id,
            SHA256,
            bytes([der.CONTEXT | 0]) + attributes[1:],  # [0] IMPLICIT in place of SET
            self._algorithm,
            der.octets(signature),
            der.encode(der.CONTEXT | 1, _attribute(SIGNATURE_TIMESTAMP, token)),
        )
        signed_data = der.sequence(
            der.integer(1), der.encode(der.SET, SHA256), der.sequence(DATA), self._certificates, der.set_of(signer_info)
        )
        return der.sequence(SIGNED_DATA, der.encode(der.CONTEXT | 0, signed_data))

    def _raw(self, digest: bytes) -> bytes:
        algorithm = Prehashed(hashes.SHA256())
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(digest, padding.PKCS1v15(), algorithm)
        return self._key.sign(digest, ec.ECDSA(algorithm))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.encode(der.SET, value))
