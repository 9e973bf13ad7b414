"""A PDF that only grows: each revision is appended, and the hash of all before it is kept (ISO 32000-1 §7.5.6).

Signing a revision therefore hashes the new bytes only. It reads nothing: the caller knows the objects' numbers and
serialises them. The file must end in a classic cross-reference table, as ``normalise`` writes it.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

LAST_TABLE = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
TAIL = 64
BYTE_RANGE_DIGITS = 10
BYTE_RANGE_UNKNOWN = b"[" + b" ".join([b"0" * BYTE_RANGE_DIGITS] * 4) + b"]"


class SignatureDoesNotFit(Exception):
    """The signature is longer than the room kept for it; ``needed`` bytes."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class SignatureDictionary(NamedTuple):
    """Its object number, its entries besides ByteRange and Contents, and how many bytes Contents may take."""

    number: int
    entries: bytes
    room: int


class _Revision(NamedTuple):
    body: bytes
    table: int
    """Where its cross-reference table begins in the whole file."""


class GrowingFile:
    """The bytes so far, their hash state, and what the next trailer has to say."""

    def __init__(self, data: bytes, trailer: Any) -> None:
        """``trailer`` is the file's own as pikepdf reads it."""
        last = LAST_TABLE.search(data, max(len(data) - TAIL, 0))
        if last is None:
            raise ValueError("the file does not end in a cross-reference table")
        self._parts = [data]
        self._length = len(data)
        self._hash = hashlib.sha256(data)
        self._table = int(last[1])
        self._next = int(trailer.Size)
        self._root = reference(trailer.Root)
        self._info = b"/Info " + reference(trailer.Info) if "/Info" in trailer else b""
        self._id = bytes(trailer.ID[0]) if "/ID" in trailer else self._hash.digest()[:16]

    def new_number(self) -> int:
        self._next += 1
        return self._next - 1

    def append(self, objects: dict[int, bytes]) -> None:
        """One revision with ``objects`` by number, new or replaced."""
        self._add(self._revision(objects))

    def append_signed(
        self, objects: dict[int, bytes], dictionary: SignatureDictionary, sign: Callable[[bytes], bytes]
    ) -> None:
        """One more revision, signed: ``sign`` turns the SHA-256 of the file without Contents into DER.

        Raises SignatureDoesNotFit, with nothing appended.
        """
        hole = b"<" + b"0" * (2 * dictionary.room) + b">"
        opening = b"<</ByteRange " + BYTE_RANGE_UNKNOWN + b"/Contents "
        own = {dictionary.number: opening + hole + dictionary.entries + b">>"}
        body, table = self._revision({**objects, **own})
        head, _, tail = body.partition(opening + hole)
        gap = self._length + len(head) + len(opening)
        head += opening.replace(BYTE_RANGE_UNKNOWN, _byte_range(gap, gap + len(hole), len(tail)))
        digest = self._hash.copy()
        digest.update(head)
        digest.update(tail)
        signature = sign(digest.digest())
        if len(signature) > dictionary.room:
            raise SignatureDoesNotFit(len(signature))
        contents = b"<" + signature.hex().encode().ljust(2 * dictionary.room, b"0") + b">"
        self._add(_Revision(head + contents + tail, table))

    def getvalue(self) -> bytes:
        return b"".join(self._parts)

    def _add(self, revision: _Revision) -> None:
        self._parts.append(revision.body)
        self._length += len(revision.body)
        self._hash.update(revision.body)
        self._table = revision.table

    def _revision(self, objects: dict[int, bytes]) -> _Revision:
        parts: list[bytes] = []
        offsets: dict[int, int] = {}
        position = self._length
        for number, content in sorted(objects.items()):
            parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
            offsets[number] = position
            position += len(parts[-1])
        identity = b"[<%b><%b>]" % (self._id.hex().encode(), self._hash.hexdigest()[:32].encode())
        parts.append(b"xref\n" + b"".join(_subsections(offsets)))
        parts.append(
            b"trailer\n<</Size %d/Root %b%b/ID %b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
            % (self._next, self._root, self._info, identity, self._table, position)
        )
        return _Revision(b"".join(parts), position)


def reference(target: Any) -> bytes:
    """``12 0 R`` for an indirect pikepdf object."""
    number, generation = target.objgen
    return b"%d %d R" % (number, generation)


def with_entries(dictionary: bytes, entries: bytes) -> bytes:
    """A serialised dictionary with more entries; the keys must be new to it."""
    return dictionary.removesuffix(b">>") + entries + b">>"


def text(value: str) -> bytes:
    """A text string (ISO 32000-1 §7.9.2.2) in UTF-16BE, as hexadecimal."""
    return b"<feff" + value.encode("utf-16-be").hex().encode() + b">"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(content), entries, content)


def _byte_range(gap: int, after: int, rest: int) -> bytes:
    edges = (b"%d" % edge for edge in (0, gap, after, rest))
    return b"[" + b" ".join(edge.rjust(BYTE_RANGE_DIGITS) for edge in edges) + b"]"


def _subsections(offsets: dict[int, int]) -> Iterator[bytes]:
    """Runs of consecutive object numbers, each under its own header."""
    numbers = sorted(offsets)
    breaks = [index + 1 for index, (one, other) in enumerate(pairwise(numbers)) if other != one + 1]
    for start, end in pairwise([0, *breaks, len(numbers)]):
        yield b"%d %d\n" % (numbers[start], end - start)
        yield b"".join(b"%010d 00000 n \n" % offsets[number] for number in numbers[start:end])
