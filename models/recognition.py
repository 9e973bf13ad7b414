"""What was read off a picture, field by field, and how sure that is."""

from typing import Literal

from pydantic import BaseModel

SURE = 0.9


class ReadField(BaseModel):
    """``raw`` is the text as recognised; ``value`` what is proposed to the person.

    ``repaired``: a check digit failed, and only one exchange of look-alike characters mends it.
    ``missing``: nothing was found, or what was found (``raw``) breaks the field's rule.
    """

    value: str | None = None
    raw: str | None = None
    score: float = 0.0
    how: Literal["read", "repaired", "missing"] = "missing"

    @property
    def needs_attention(self) -> bool:
        return self.how != "read" or self.score < SURE


class LicenceReading(BaseModel):
    """A business licence; a form from before 2015 has ``registration_number`` (13 to 15 digits), no ``uscc``."""

    name: ReadField
    uscc: ReadField
    registration_number: ReadField
    kind: ReadField
    legal_representative: ReadField
    term: ReadField


class IdentityCardReading(BaseModel):
    """A side of a resident identity card: ``portrait`` has name and number, ``emblem`` validity and authority."""

    side: Literal["portrait", "emblem"]
    name: ReadField
    number: ReadField
    validity: ReadField
    authority: ReadField
