"""The parties' signatures and the document timestamp: PAdES B-LTA on a base in a few milliseconds.

Each party signs one revision; the last revision carries the proof for all of them (DSS) and the document timestamp
over everything (ETSI EN 319 142-1 §5.5).
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pikepdf

from activities.pdf.base import TIMESTAMP_FIELD, signature_fields
from activities.pdf.cms import CmsSigner, SigningKey
from activities.pdf.revisions import (
    GrowingFile,
    SignatureDictionary,
    SignatureDoesNotFit,
    reference,
    stream,
    text,
    with_entries,
)
from models.certificates import RevocationMaterial

TOKEN_ROOM = 4096  # grows for an authority whose tokens are longer

Timestamp = Callable[[bytes], bytes]
"""A SHA-256 digest to a DER TimeStampToken (RFC 3161)."""


@dataclass(frozen=True)
class PartySignature:
    """One party's signature to be made; ``chain`` is DER, issuing certificate first."""

    field_name: str
    certificate: bytes
    chain: list[bytes]
    key: SigningKey
    revocation: RevocationMaterial
    name: str
    reason: str
    signing_time: datetime
    contact: str | None = None


def seal(
    base: bytes,
    signatures: list[PartySignature],
    timestamp: Timestamp,
    timestamp_revocation: RevocationMaterial,
) -> bytes:
    """``base`` of ``build_base`` with every party's signature, in the order given to it, up to B-LTA.

    Raises ValueError if ``signatures`` are not those the base waits for. What ``timestamp`` raises passes through.
    """
    with pikepdf.open(io.BytesIO(base), attempt_recovery=False) as pdf:
        fields = signature_fields(pdf)
        if [signature.field_name for signature in signatures] != [*fields][:-1]:
            raise ValueError("the base waits for other signatures, or in another order")
        sealing = Sealing(GrowingFile(base, pdf.trailer), pdf.Root, timestamp)
        for signature in signatures:
            sealing.sign(fields[signature.field_name], signature)
        materials = [*(signature.revocation for signature in signatures), timestamp_revocation]
        chains = [[signature.certificate, *signature.chain] for signature in signatures]
        sealing.close(fields[TIMESTAMP_FIELD], materials, chains)
        return sealing.file.getvalue()


class Sealing:
    """One base on its way to B-LTA; ``file`` grows by a revision per call."""

    def __init__(self, file: GrowingFile, root: Any, timestamp: Timestamp) -> None:
        self.file = file
        self._root = root
        self._timestamp = timestamp
        self._token_room = TOKEN_ROOM

    def sign(self, field: Any, signature: PartySignature) -> None:
        signer = CmsSigner(signature.certificate, signature.chain, signature.key)
        entries = b"".join(
            [
                b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(",
                signature.signing_time.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ").encode(),
                b")/Name" + text(signature.name) + b"/Reason" + text(signature.reason),
                b"" if signature.contact is None else b"/ContactInfo" + text(signature.contact),
                self._field_lock(field),
            ]
        )
        self._fill(field, entries, signer.room, lambda digest: signer.sign(digest, self._timestamp), {})

    def close(self, field: Any, materials: Iterable[RevocationMaterial], chains: Iterable[list[bytes]]) -> None:
        """The revision with all proof and the document timestamp."""
        objects: dict[int, bytes] = {}
        materials = list(materials)
        lists = {
            b"Certs": [*(der for chain in chains for der in chain), *(d for m in materials for d in m.certificates)],
            b"OCSPs": [der for material in materials for der in material.ocsps],
            b"CRLs": [der for material in materials for der in material.crls],
        }
        store = b"<</Type/DSS%b>>" % b"".join(
            b"/%b[%b]" % (name, self._streams(values, objects)) for name, values in lists.items() if values
        )
        store_number = self.file.new_number()
        objects[store_number] = store
        root = with_entries(self._root.unparse(resolved=True), b"/DSS %d 0 R" % store_number)
        objects[self._root.objgen[0]] = root
        entries = b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
        self._fill(field, entries, 0, self._timestamp, objects)

    def _streams(self, values: list[bytes], objects: dict[int, bytes]) -> bytes:
        """References to each distinct value, stored as a stream."""
        numbers = {value: self.file.new_number() for value in dict.fromkeys(values)}
        objects.update({number: stream(value) for value, number in numbers.items()})
        return b" ".join(b"%d 0 R" % number for number in numbers.values())

    def _fill(
        self, field: Any, entries: bytes, room: int, sign: Callable[[bytes], bytes], objects: dict[int, bytes]
    ) -> None:
        number = self.file.new_number()
        filled = with_entries(field.unparse(resolved=True), b"/V %d 0 R" % number)
        objects = {**objects, field.objgen[0]: filled}
        try:
            dictionary = SignatureDictionary(number, entries, room + self._token_room)
            self.file.append_signed(objects, dictionary, sign)
        except SignatureDoesNotFit as error:
            self._token_room += error.needed
            dictionary = SignatureDictionary(number, entries, room + self._token_room)
            self.file.append_signed(objects, dictionary, sign)

    def _field_lock(self, field: Any) -> bytes:
        """The field's lock again as the signature's own reference, which readers before PDF 2.0 look for."""
        lock = field.Lock
        names = b" ".join(text(str(name)) for name in lock.Fields)
        return (
            b"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/Data %b/TransformParams"
            b"<</Type/TransformParams/V/1.2/Action/Include/Fields[%b]>>>>]" % (reference(self._root), names)
        )
