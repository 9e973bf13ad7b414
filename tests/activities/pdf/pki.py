"""A small certificate authority with revocation data and a timestamp authority, in memory, for these tests only."""

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from activities.pdf import der
from activities.pdf.cms import (
    CONTENT_TYPE,
    ECDSA_SHA256,
    MESSAGE_DIGEST,
    SHA256,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    SigningKey,
)
from models.certificates import RevocationMaterial

TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
POLICY = der.oid("1.3.6.1.4.1.99999.1")
DER = serialization.Encoding.DER
GENERALIZED_TIME = 0x18


@dataclass
class Holder:
    certificate: x509.Certificate
    key: SigningKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)


@dataclass
class TestPki:
    """Root → issuing → everyone else, valid around ``now``."""

    __test__ = False

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    name: str = "样例根证书"

    def __post_init__(self) -> None:
        self.root = self._issue(self.name, None, authority=True)
        self.issuing = self._issue("样例签发证书", self.root, authority=True)
        self.responder = self._issue("样例 OCSP", self.issuing, usage=ExtendedKeyUsageOID.OCSP_SIGNING)
        self.timestamp_authority = self._issue("样例时间戳", self.issuing, usage=ExtendedKeyUsageOID.TIME_STAMPING)
        self._serials = itertools.count(1)

    @property
    def roots(self) -> list[bytes]:
        return [self.root.der]

    @property
    def chain(self) -> list[bytes]:
        return [self.issuing.der, self.root.der]

    def issue(self, name: str, *, key: SigningKey | None = None, lifetime: timedelta = timedelta(days=365)) -> Holder:
        return self._issue(name, self.issuing, key=key, lifetime=lifetime)

    def _issue(
        self,
        name: str,
        issuer: Holder | None,
        *,
        authority: bool = False,
        usage: x509.ObjectIdentifier | None = None,
        key: SigningKey | None = None,
        lifetime: timedelta = timedelta(days=3650),
    ) -> Holder:
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(minutes=5))
            .not_valid_after(self.now + lifetime)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(_key_usage(authority), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        signer = issuer.key if issuer else key
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        if issuer is not None:
            builder = _with_addresses(builder)
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        if usage == ExtendedKeyUsageOID.OCSP_SIGNING:
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        return Holder(builder.sign(signer, hashes.SHA256()), key)

    def revocation(self, holder: Holder, revoked_at: datetime | None = None) -> RevocationMaterial:
        """OCSP for ``holder``, CRL of the root for the issuing certificate."""
        status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
        response = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=holder.certificate,
                issuer=self.issuing.certificate,
                algorithm=hashes.SHA1(),
                cert_status=status,
                this_update=self.now,
                next_update=self.now + timedelta(days=1),
                revocation_time=revoked_at,
                revocation_reason=x509.ReasonFlags.key_compromise if revoked_at else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.responder.certificate)
            .certificates([self.responder.certificate])
            .sign(self.responder.key, hashes.SHA256())
        )
        crl = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.certificate.subject)
            .last_update(self.now)
            .next_update(self.now + timedelta(days=30))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()), critical=False
            )
            .sign(self.root.key, hashes.SHA256())
        )
        return RevocationMaterial(
            certificates=[self.responder.der, self.issuing.der, self.root.der],
            ocsps=[response.public_bytes(DER)],
            crls=[crl.public_bytes(DER)],
        )

    def timestamp(self, digest: bytes, at: datetime | None = None, extra: list[bytes] | None = None) -> bytes:
        """RFC 3161 token with the authority's chain and ``extra`` certificates."""
        moment = (at or datetime.now(UTC)).strftime("%Y%m%d%H%M%SZ").encode()
        info = der.sequence(
            der.integer(1),
            POLICY,
            der.sequence(SHA256, der.octets(digest)),
            der.integer(next(self._serials)),
            der.encode(GENERALIZED_TIME, moment),
            der.sequence(der.integer(1)),
        )
        authority = self.timestamp_authority
        certificate = der.sequence(der.octets(hashlib.sha256(authority.der).digest()))
        attributes = der.set_of(
            _attribute(CONTENT_TYPE, TST_INFO),
            _attribute(MESSAGE_DIGEST, der.octets(hashlib.sha256(info).digest())),
            _attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(certificate))),
        )
        signer = der.sequence(
            der.integer(1),
            der.sequence(authority.certificate.issuer.public_bytes(), der.integer(authority.certificate.serial_number)),
            SHA256,
            bytes([0xA0]) + attributes[1:],
            ECDSA_SHA256,
            der.octets(authority.key.sign(attributes, ec.ECDSA(hashes.SHA256()))),
        )
        signed = der.sequence(
            der.integer(3),
            der.set_of(SHA256),
            der.sequence(TST_INFO, der.encode(0xA0, der.octets(info))),
            der.encode(0xA0, *sorted([authority.der, self.issuing.der, self.root.der, *(extra or [])])),
            der.set_of(signer),
        )
        return der.sequence(SIGNED_DATA, der.encode(0xA0, signed))


def _with_addresses(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """Nothing answers there: the tests prove that nobody asks."""
    ocsp_place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _address("ocsp"))
    lists = x509.DistributionPoint([_address("crl")], None, None, None)
    return builder.add_extension(x509.AuthorityInformationAccess([ocsp_place]), critical=False).add_extension(
        x509.CRLDistributionPoints([lists]), critical=False
    )


def _address(path: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(f"http://pki.invalid/{path}")


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.encode(der.SET, value))


def _key_usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
