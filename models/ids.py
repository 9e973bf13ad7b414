"""Identifiers: a typed prefix over a UUIDv7 (RFC 9562), e.g. ``prc_019a…``; never personal data."""

import random
import secrets
import time


def new_id(prefix: str) -> str:
    """A fresh id for code outside workflows."""
    return id_at(prefix, int(time.time() * 1000), secrets.randbits(74))


def id_from(prefix: str, milliseconds: int, source: random.Random) -> str:
    """The same form from a workflow's own clock and seeded randomness, so a replay makes the same id."""
    return id_at(prefix, milliseconds, source.getrandbits(74))


def id_at(prefix: str, milliseconds: int, bits: int) -> str:
    high, low = bits >> 62, bits & ((1 << 62) - 1)
    number = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    return f"{prefix}_{number:032x}"
