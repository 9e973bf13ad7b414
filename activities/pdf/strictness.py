"""What readers of PDF signatures let pass and we do not: bytes that no signature protects must be exactly as expected.

A signature covers everything but its own Contents. So the hexadecimal there, its padding, and the unsigned parts of
the CMS inside are checked here; otherwise a changed byte in them would go unnoticed in the file's last signature.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from activities.pdf import der

HEX = re.compile(rb"<(?:[0-9a-f]*|[0-9A-F]*)>")
TIMESTAMP_ATTRIBUTE = "1.2.840.113549.1.9.16.2.14"


def contents_faults(data: bytes, byte_range: Sequence[int], contents: bytes) -> list[str]:
    """Codes of what is odd about one signature's place in the file; ``contents`` as a parser read it."""
    if len(byte_range) != 4 or byte_range[0] != 0 or any(edge < 0 for edge in byte_range):
        return ["byte_range_odd"]
    _, gap, after, rest = byte_range
    hole = data[gap:after]
    if after + rest > len(data) or not HEX.fullmatch(hole) or bytes.fromhex(hole[1:-1].decode()) != contents:
        return ["byte_range_odd"]
    try:
        used = der.total_length(contents)
    except ValueError:
        return ["contents_odd"]
    return ["contents_odd"] if contents[used:].strip(b"\0") or used > len(contents) else []


def cms_faults(signed_data: cms.SignedData, roots: Iterable[bytes]) -> list[str]:
    """Codes of what is odd in the parts of a CMS that its own signature does not cover."""
    roots = list(roots)
    for part in _with_timestamps(signed_data):
        if not _is_plain(part):
            return ["contents_odd"]
        if not _all_issued(part, roots):
            return ["certificate_unverified"]
    return []


def _with_timestamps(signed_data: cms.SignedData) -> Iterator[cms.SignedData]:
    yield signed_data
    attributes = signed_data["signer_infos"][0]["unsigned_attrs"]
    for attribute in attributes or []:
        if attribute["type"].dotted == TIMESTAMP_ATTRIBUTE:
            for token in attribute["values"]:
                yield token["content"]


def _is_plain(signed_data: cms.SignedData) -> bool:
    """One signer, the versions RFC 5652 §5.1 and §5.3 prescribe, one digest algorithm without parameters."""
    signer_infos = signed_data["signer_infos"]
    if len(signer_infos) != 1:
        return False
    signer = signer_infos[0]
    by_issuer = signer["sid"].name == "issuer_and_serial_number"
    data = signed_data["encap_content_info"]["content_type"].native == "data"
    algorithms = [algorithm.dump() for algorithm in signed_data["digest_algorithms"]]
    return (
        signer["version"].native == ("v1" if by_issuer else "v3")
        and signed_data["version"].native == ("v1" if by_issuer and data else "v3")
        and algorithms == [signer["digest_algorithm"].dump()]
        and _no_parameters(signer["digest_algorithm"])
    )


def _no_parameters(algorithm: cms.DigestAlgorithm) -> bool:
    return algorithm["parameters"].native is None


def _all_issued(signed_data: cms.SignedData, roots: list[bytes]) -> bool:
    """Whether every certificate inside was issued by another one inside or by a root."""
    own = [choice.chosen.dump() for choice in signed_data["certificates"] or []]
    try:
        certificates = [x509.load_der_x509_certificate(encoded) for encoded in own]
        issuers = certificates + [x509.load_der_x509_certificate(root) for root in roots]
        return all(any(_issued(certificate, issuer) for issuer in issuers) for certificate in certificates)
    except ValueError:
        return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
