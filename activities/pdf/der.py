"""The few DER encodings (X.690) a CMS signature is put together from; far faster than a schema-driven encoder."""

INTEGER, OCTET_STRING, NULL, OID, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31
CONTEXT = 0xA0
"""``CONTEXT | n``: constructed, context-specific tag n."""


def encode(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes([tag]) + _length(len(content)) + content


def sequence(*members: bytes) -> bytes:
    return encode(SEQUENCE, *members)


def set_of(*members: bytes) -> bytes:
    """Sorted, as DER asks (X.690 §11.6)."""
    return encode(SET, *sorted(members))


def integer(value: int) -> bytes:
    """Not negative."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    return encode(OCTET_STRING, value)


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    return encode(OID, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def total_length(data: bytes) -> int:
    """Bytes the first element of ``data`` takes; raises ValueError for an indefinite or truncated one."""
    if len(data) < 2 or data[1] == 0x80:
        raise ValueError("not DER")
    if data[1] < 0x80:
        return 2 + data[1]
    size = data[1] & 0x7F
    if len(data) < 2 + size:
        raise ValueError("not DER")
    return 2 + size + int.from_bytes(data[2 : 2 + size], "big")


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    encoded = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(encoded)]) + encoded


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(arc & 0x7F | 0x80)
    return bytes(reversed(groups))
