"""The platform's own certificate authority."""

from activities.providers.certificate_authority.authority import CertificateAuthority

__all__ = ["CertificateAuthority"]
