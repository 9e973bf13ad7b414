"""One root key, one derived key per use (HKDF-SHA256, RFC 5869), and sealing of bytes under them.

A sealed value is ``version(1) | nonce(12) | AES-256-GCM ciphertext``; its associated data names the place it
belongs to, so a value moved to another place does not open.
"""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"


class Keyring:
    """Derived keys by use: ``columns``, ``objects``, ``payloads``, ``codes``, ``index``, ``signing-keys``."""

    def __init__(self, root: bytes) -> None:
        self.root = root
        self.derived: dict[str, bytes] = {}

    @classmethod
    def from_base64(cls, text: str) -> "Keyring":
        return cls(base64.b64decode(text))

    def key(self, use: str) -> bytes:
        if use not in self.derived:
            self.derived[use] = HKDF(SHA256(), 32, None, f"qianzhang/{use}/1".encode()).derive(self.root)
        return self.derived[use]

    def seal(self, use: str, place: str, plain: bytes) -> bytes:
        nonce = os.urandom(12)
        return VERSION + nonce + AESGCM(self.key(use)).encrypt(nonce, plain, place.encode())

    def open(self, use: str, place: str, sealed: bytes) -> bytes:
        """Raises cryptography.exceptions.InvalidTag when the bytes or their place are not the sealed ones."""
        return AESGCM(self.key(use)).decrypt(sealed[1:13], sealed[13:], place.encode())

    def digest(self, use: str, text: str) -> str:
        """Keyed digest: a blind index to look personal values up by, or the stored form of a short code."""
        return hmac.new(self.key(use), text.encode(), hashlib.sha256).hexdigest()
