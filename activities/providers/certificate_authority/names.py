"""Object identifiers and distinguished names of what the authority issues.

X.520 bounds O and CN at 64 characters; a registered name may have 120. A longer name is cut there with ``…``
and stands whole in ``description`` (bound 1024). Identity never rests on O or CN: the organization identifier
does that.
"""

import warnings

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

ARC = "2.25.273164868256455901362732879438783855148"
"""The platform's own arc, from a UUID (ITU-T X.667)."""
ENTERPRISE_POLICY = ObjectIdentifier(f"{ARC}.1.1")
PERSON_POLICY = ObjectIdentifier(f"{ARC}.1.2")
SERVICE_POLICY = ObjectIdentifier(f"{ARC}.1.3")
ANY_POLICY = ObjectIdentifier("2.5.29.32.0")
TIMESTAMP_POLICY = f"{ARC}.2.1"

DESCRIPTION = ObjectIdentifier("2.5.4.13")
UPPER_BOUND = 64


def enterprise_subject(name: str, uscc: str) -> x509.Name:
    """The code is written as ETSI EN 319 412-1 §5.1.4 writes a trade register number: ``NTRCN-<code>``."""
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        _bounded(NameOID.ORGANIZATION_NAME, name),
        x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{uscc}"),
        _bounded(NameOID.COMMON_NAME, name),
    ]
    return x509.Name(attributes + _whole(name))


def person_subject(name: str, pseudonym: str) -> x509.Name:
    """``pseudonym`` tells namesakes apart without saying who they are; an identity number never stands here."""
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, pseudonym),
        _bounded(NameOID.COMMON_NAME, name),
    ]
    return x509.Name(attributes + _whole(name))


def authority_subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Qianzhang"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _bounded(oid: ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    cut = text if len(text) <= UPPER_BOUND else text[: UPPER_BOUND - 1] + "…"
    # The library counts the bound in bytes, X.520 in characters: 22 Chinese characters would be refused.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return x509.NameAttribute(oid, cut, _validate=False)


def _whole(name: str) -> list[x509.NameAttribute[str]]:
    return [x509.NameAttribute(DESCRIPTION, name)] if len(name) > UPPER_BOUND else []
