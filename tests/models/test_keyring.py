import secrets

import pytest
from cryptography.exceptions import InvalidTag

from models.keyring import Keyring


def test_what_is_sealed_opens_in_its_own_place_only() -> None:
    keyring = Keyring(secrets.token_bytes(32))
    sealed = keyring.seal("columns", "account/1", b"secret")
    assert keyring.open("columns", "account/1", sealed) == b"secret"
    for use, place in [("columns", "account/2"), ("objects", "account/1")]:
        with pytest.raises(InvalidTag):
            keyring.open(use, place, sealed)


def test_every_flipped_byte_is_noticed() -> None:
    keyring = Keyring(secrets.token_bytes(32))
    sealed = keyring.seal("columns", "a", b"secret")
    for position in range(1, len(sealed)):
        broken = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(InvalidTag):
            keyring.open("columns", "a", broken)


def test_each_use_has_a_key_of_its_own_and_another_root_none_of_them() -> None:
    first, second = Keyring(bytes(32)), Keyring(b"\x01" * 32)
    uses = ["columns", "objects", "payloads", "codes", "index", "signing-keys"]
    keys = {ring.key(use) for ring in (first, second) for use in uses}
    assert len(keys) == 2 * len(uses)
    assert first.digest("index", "13700000001") != second.digest("index", "13700000001")
