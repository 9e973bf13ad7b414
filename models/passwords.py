"""The login password: its rule (A08) and its hash."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from models.errors import PasswordTooWeak
from models.limits import PASSWORD_HASHES_AT_ONCE, PASSWORD_LENGTH


def require_strong(password: str) -> None:
    """A08: 6 to 18 characters with digits, upper-case and lower-case letters. Raises PasswordTooWeak."""
    shortest, longest = PASSWORD_LENGTH
    kinds = (str.isdecimal, str.isupper, str.islower)
    if (
        not shortest <= len(password) <= longest
        or not password.isprintable()
        or not all(any(kind(c) for c in password) for kind in kinds)
    ):
        raise PasswordTooWeak(shortest=shortest, longest=longest)


class Passwords:
    """argon2id at OWASP's m=19 MiB, t=2, p=1, few at once, so that log-ins cannot exhaust memory or processor."""

    def __init__(self) -> None:
        self.hashes = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
        self.turns = asyncio.Semaphore(PASSWORD_HASHES_AT_ONCE)
        self.decoy = self.hashes.hash("of no account")

    async def hash(self, password: str) -> str:
        async with self.turns:
            return await asyncio.to_thread(self.hashes.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """For an unknown account (``stored`` None) takes as long and answers False."""
        async with self.turns:
            matches = await asyncio.to_thread(self.hashes.verify, password, stored or self.decoy)
        return matches and stored is not None
