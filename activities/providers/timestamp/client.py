"""Asks an RFC 3161 authority for a token over HTTP, and believes nothing it has not checked."""

import hashlib
import secrets
from typing import ClassVar

import httpx2
from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from models.errors import ProviderUnavailable

SET_TAG = b"\x31"
ANSWER_BYTES = 64 * 1024
CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    InvalidSignature,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
)


class TimeStampResp(core.Sequence):  # type: ignore[misc]
    """As RFC 3161 §2.4.2 has it: a refusal carries no token, which asn1crypto's own class insists on."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class TokenRefused(Exception):
    """The answer is no token for what was asked; the text says why."""


class TimestampClient:
    """Synchronous, for the sealing step; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """``url`` takes POSTed requests, e.g. ``https://…/pki/timestamp``."""
        self.url = url
        self.client = httpx2.Client(
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"},
            trust_env=False,
        )

    def close(self) -> None:
        self.client.close()

    def token(self, digest_sha256: bytes) -> bytes:
        """DER TimeStampToken over a SHA-256 digest, with certificates.

        Raises ProviderUnavailable; ``cause`` in its facts says what failed.
        """
        nonce = secrets.randbits(63)
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest_sha256}
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True})
        try:
            return checked_token(self._post(request.dump()), digest_sha256, nonce)
        except httpx2.HTTPError as error:
            raise ProviderUnavailable(provider="timestamp", cause=type(error).__name__) from error
        except TokenRefused as error:
            raise ProviderUnavailable(provider="timestamp", cause=str(error)) from error

    def _post(self, request: bytes) -> bytes:
        with self.client.stream("POST", self.url, content=request) as response:
            if response.status_code != httpx2.codes.OK:
                raise TokenRefused(f"HTTP {response.status_code}")
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > ANSWER_BYTES:
                    raise TokenRefused("answer too large")
        return bytes(body)


def checked_token(answer: bytes, digest_sha256: bytes, nonce: int) -> bytes:
    """The token of a TimeStampResp after the checks of RFC 3161 §2.2. Raises TokenRefused."""
    try:
        response = TimeStampResp.load(answer, strict=True)
        status = response["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise TokenRefused(f"status {status}, {response['status']['fail_info'].native}")
        token = response["time_stamp_token"]
        # Taken before its parts are read: asn1crypto encodes anew, slowly, what its reading has touched.
        encoded: bytes = token.dump()
        signed_data = token["content"]
        info = signed_data["encap_content_info"]["content"].parsed
        _check_info(info, digest_sha256, nonce)
        _check_signature(signed_data, info)
    except UNREADABLE as error:
        raise TokenRefused(f"unreadable or badly signed: {type(error).__name__}") from error
    return encoded


def _check_info(info: tsp.TSTInfo, digest_sha256: bytes, nonce: int) -> None:
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise TokenRefused("other digest algorithm")
    if imprint["hashed_message"].native != digest_sha256:
        raise TokenRefused("other imprint")
    if info["nonce"].native != nonce:
        raise TokenRefused("other nonce")


def _check_signature(signed_data: cms.SignedData, info: tsp.TSTInfo) -> None:
    """The signer's certificate is in the token, for timestamps alone, in force, bound and its signature holds."""
    (signer_info,) = signed_data["signer_infos"]
    # Signed as a SET, sent under a context tag (RFC 5652 §5.4).
    signed = SET_TAG + signer_info["signed_attrs"].dump()[1:]
    attributes = {attribute["type"].native: attribute["values"] for attribute in signer_info["signed_attrs"]}
    certificate = _signer_certificate(signed_data, attributes)
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not purposes.critical or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise TokenRefused("certificate is not one for timestamps")
    at = info["gen_time"].native
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise TokenRefused("certificate not in force")
    algorithm = signer_info["digest_algorithm"]["algorithm"].native
    content = signed_data["encap_content_info"]["content"].contents
    if attributes["content_type"][0].native != "tst_info":
        raise TokenRefused("other content type signed")
    if attributes["message_digest"][0].native != _digest(algorithm, content):
        raise TokenRefused("other content signed")
    _verify(certificate, signer_info, signed)


def _signer_certificate(signed_data: cms.SignedData, attributes: dict[str, cms.SetOfAny]) -> x509.Certificate:
    """The one that the signed attributes name by digest (RFC 5035, RFC 5816)."""
    if "signing_certificate_v2" in attributes:
        reference = attributes["signing_certificate_v2"][0]["certs"][0]
        algorithm = reference["hash_algorithm"]["algorithm"].native
    else:
        reference = attributes["signing_certificate"][0]["certs"][0]
        algorithm = "sha1"
    for choice in signed_data["certificates"]:
        encoded = choice.dump()
        if _digest(algorithm, encoded) == reference["cert_hash"].native:
            return x509.load_der_x509_certificate(encoded)
    raise TokenRefused("signer's certificate is not in the token")


def _verify(certificate: x509.Certificate, signer_info: cms.SignerInfo, signed: bytes) -> None:
    """Raises InvalidSignature; TokenRefused for an algorithm not used by timestamp authorities today."""
    algorithm: algos.SignedDigestAlgorithm = signer_info["signature_algorithm"]
    digest = signer_info["digest_algorithm"]["algorithm"].native
    key, signature = certificate.public_key(), signer_info["signature"].native
    kind = algorithm.signature_algo
    if digest not in HASHES:
        raise TokenRefused(f"digest {digest}")
    if isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
        key.verify(signature, signed, ec.ECDSA(HASHES[digest]))
    elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
        key.verify(signature, signed, padding.PKCS1v15(), HASHES[digest])
    else:
        raise TokenRefused(f"signature algorithm {kind}")


def _digest(algorithm: str, value: bytes) -> bytes:
    return hashlib.new(algorithm, value).digest()
