"""What each kind of certificate says about itself: lifetime, key usage, purposes, policy (RFC 5280 §4.2)."""

from datetime import timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ObjectIdentifier

from activities.providers.certificate_authority.names import (
    ANY_POLICY,
    ENTERPRISE_POLICY,
    PERSON_POLICY,
    SERVICE_POLICY,
)
from models.certificates import CertificateKind
from models.limits import ENTERPRISE_CERTIFICATE_LIFETIME, EVENT_CERTIFICATE_LIFETIME

BACKDATING = timedelta(minutes=1)
"""How far clocks of our own machines may differ before a fresh certificate is not yet valid on one of them."""
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""RFC 9336."""
# OpenSSL and NSS ask emailProtection of the signer of a CMS message that names purposes at all.
SIGNER_PURPOSES = (DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)


class Profile(NamedTuple):
    """The fixed part of a kind; ``renewal`` is how much life must be left in one that is still used to sign."""

    lifetime: timedelta
    policy: ObjectIdentifier | None
    purposes: tuple[ObjectIdentifier, ...] = ()
    is_authority: bool = False
    path_length: int | None = None
    non_repudiation: bool = False
    renewal: timedelta = timedelta(0)


PROFILES = {
    CertificateKind.ROOT: Profile(timedelta(days=3652), None, is_authority=True, path_length=1),
    CertificateKind.ISSUING: Profile(timedelta(days=1826), ANY_POLICY, is_authority=True, path_length=0),
    CertificateKind.OCSP: Profile(
        timedelta(days=90), SERVICE_POLICY, (ExtendedKeyUsageOID.OCSP_SIGNING,), renewal=timedelta(days=30)
    ),
    CertificateKind.TIMESTAMP: Profile(
        timedelta(days=1461),
        SERVICE_POLICY,
        (ExtendedKeyUsageOID.TIME_STAMPING,),
        non_repudiation=True,
        renewal=timedelta(days=1095),
    ),
    CertificateKind.ENTERPRISE: Profile(
        ENTERPRISE_CERTIFICATE_LIFETIME, ENTERPRISE_POLICY, SIGNER_PURPOSES, non_repudiation=True
    ),
    CertificateKind.PERSON: Profile(EVENT_CERTIFICATE_LIFETIME, PERSON_POLICY, SIGNER_PURPOSES, non_repudiation=True),
}


def with_extensions(
    builder: x509.CertificateBuilder,
    kind: CertificateKind,
    holder: ec.EllipticCurvePublicKey,
    issuer: ec.EllipticCurvePublicKey,
    public_url: str,
) -> x509.CertificateBuilder:
    """Every extension of a certificate of this kind."""
    profile = PROFILES[kind]
    constraints = x509.BasicConstraints(profile.is_authority, profile.path_length)
    builder = builder.add_extension(constraints, critical=True)
    builder = builder.add_extension(_key_usage(profile), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(holder), critical=False)
    if kind is CertificateKind.ROOT:
        return builder
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    if profile.purposes:
        # RFC 3161 §2.3: a timestamp certificate has this purpose alone, and critical.
        critical = kind is CertificateKind.TIMESTAMP
        builder = builder.add_extension(x509.ExtendedKeyUsage(profile.purposes), critical=critical)
    if profile.policy:
        policies = x509.CertificatePolicies([x509.PolicyInformation(profile.policy, None)])
        builder = builder.add_extension(policies, critical=False)
    return _with_addresses(builder, kind, public_url)


def _key_usage(profile: Profile) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not profile.is_authority,
        content_commitment=profile.non_repudiation,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=profile.is_authority,
        crl_sign=profile.is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _with_addresses(
    builder: x509.CertificateBuilder, kind: CertificateKind, public_url: str
) -> x509.CertificateBuilder:
    """Where the issuer's certificate and the status are found; the responder's own is never asked (nocheck)."""
    issuer = "root" if kind is CertificateKind.ISSUING else "issuing"
    access = [_access(AuthorityInformationAccessOID.CA_ISSUERS, f"{public_url}/pki/{issuer}.cer")]
    if kind is CertificateKind.OCSP:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    else:
        builder = builder.add_extension(_distribution(f"{public_url}/pki/{issuer}.crl"), critical=False)
    if kind not in (CertificateKind.OCSP, CertificateKind.ISSUING):
        access.insert(0, _access(AuthorityInformationAccessOID.OCSP, f"{public_url}/pki/ocsp"))
    return builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)


def _access(method: ObjectIdentifier, url: str) -> x509.AccessDescription:
    return x509.AccessDescription(method, x509.UniformResourceIdentifier(url))


def _distribution(url: str) -> x509.CRLDistributionPoints:
    address = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints([x509.DistributionPoint([address], None, None, None)])
