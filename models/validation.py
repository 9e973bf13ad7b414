"""What can be said of a PDF that claims to be signed: verdicts as codes, their words in ``wording``."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel


class Verdict(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


class Level(StrEnum):
    """PAdES baseline levels (ETSI EN 319 142-1); each holds what the ones before it hold."""

    B = "B-B"
    """A signature by a certificate."""
    T = "B-T"
    """With a trusted time."""
    LT = "B-LT"
    """With revocation data in the file."""
    LTA = "B-LTA"
    """With a document timestamp over all of that."""


class Changes(StrEnum):
    """What was added to the file after a signature."""

    NONE = "none"
    SIGNATURES = "signatures"
    """Only further signatures, timestamps and proof for them."""
    OTHER = "other"


class SignatureVerdict(BaseModel):
    """One party's signature; ``reasons`` say why it is not valid, or what limits it."""

    field: str
    signer: str | None = None
    serial: str | None = None
    issuer: str | None = None
    signed_at: datetime | None = None
    """The proved time if ``level`` is B-T or above, else the time the signer claims."""
    reason: str | None = None
    level: Level | None = None
    intact: bool = False
    trusted: bool = False
    covers_whole_file: bool = False
    """Nothing but ``Changes.SIGNATURES`` lies outside what was signed."""
    changes: Changes = Changes.OTHER
    verdict: Verdict = Verdict.INVALID
    reasons: list[str] = []


class TimestampVerdict(BaseModel):
    """A timestamp over the document (RFC 3161), as a field of its own."""

    field: str
    authority: str | None = None
    stamped_at: datetime | None = None
    intact: bool = False
    trusted: bool = False
    covers_whole_file: bool = False
    verdict: Verdict = Verdict.INVALID
    reasons: list[str] = []


class ValidationReport(BaseModel):
    """``level`` is the lowest among valid signatures; ``document_sha256`` is of the bytes given."""

    verdict: Verdict
    level: Level | None = None
    document_sha256: str
    signatures: list[SignatureVerdict] = []
    timestamps: list[TimestampVerdict] = []
    reasons: list[str] = []
