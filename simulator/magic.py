"""Inputs that make the simulated partners misbehave; everything else is served in the ordinary way.

The table for people is ``README.md`` beside this file.
"""

import re
from enum import StrEnum


class Outcome(StrEnum):
    """What happens to one request. Done once, then answered badly: the retry with the same id gets the kept answer."""

    ORDINARY = "ordinary"
    LOST = "lost"
    """Accepted, and the message never arrives."""
    TWICE = "twice"
    """Accepted once, and the message arrives twice."""
    REFUSED = "refused"
    """A final no: this address is never delivered to."""
    MISMATCH = "mismatch"
    """The operators' answer is no, whoever is registered."""
    LATE = "late"
    """The work is done; the first answer comes after the caller has given up."""
    GARBAGE = "garbage"
    """The work is done; the first answer is no JSON, under a right signature."""
    FORGED = "forged"
    """The work is done; the first answer's signature is wrong."""
    FLAKY = "flaky"
    """503 without any work at the first request of an id; ordinary from the second."""
    DOWN = "down"
    """503 always, no work."""
    STALLED = "stalled"
    """No work, and 503 only after the caller has given up; always."""


SMS = {
    "19900000091": Outcome.LOST,
    "19900000092": Outcome.TWICE,
    "19900000093": Outcome.DOWN,
    "19900000094": Outcome.LATE,
    "19900000095": Outcome.GARBAGE,
    "19900000096": Outcome.FORGED,
    "19900000097": Outcome.REFUSED,
    "19900000098": Outcome.STALLED,
    "19900000099": Outcome.FLAKY,
}
CARRIER = {
    "19900000081": Outcome.MISMATCH,
    "19900000082": Outcome.DOWN,
    "19900000083": Outcome.LATE,
    "19900000084": Outcome.GARBAGE,
    "19900000085": Outcome.FORGED,
    "19900000086": Outcome.STALLED,
    "19900000087": Outcome.FLAKY,
}
REGISTRY = {
    "91990000MADWN0001E": Outcome.DOWN,
    "91990000MALATE001F": Outcome.LATE,
    "91990000MAGARBA012": Outcome.GARBAGE,
    "91990000MAFRGED01K": Outcome.FORGED,
    "91990000MAHANG001C": Outcome.STALLED,
    "91990000MAFLAKY01W": Outcome.FLAKY,
}
CANCELLED = "91990000MACANCE111"
REVOKED = "91990000MADEREG01H"

MAIL_TAG = re.compile(r"[^@]*\+(lost|twice|down|late|garbage|forged|refused|stalled|flaky)@")


def delivery_outcome(address: str) -> Outcome:
    """Of a message to a mobile number, or to an e-mail address such as ``anyone+late@…``."""
    tag = MAIL_TAG.match(address)
    return Outcome(tag[1]) if tag else SMS.get(address, Outcome.ORDINARY)
