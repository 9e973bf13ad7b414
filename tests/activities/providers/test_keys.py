import asyncio

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlmodel import col, select, update

from activities.providers.keys import PARSED_KEYS, SigningKeys
from models.certificates import SigningKey
from models.database import Database
from models.ids import new_id
from models.keyring import Keyring


async def test_racing_creations_of_one_owner_agree_on_one_key(database: Database, keyring: Keyring) -> None:
    owner = new_id("owner")
    several = [SigningKeys(database, keyring) for _ in range(2)]
    ids = await asyncio.gather(*(several[i % 2].create(owner) for i in range(20)))
    assert len(set(ids)) == 1
    first, second = await several[0].load(ids[0]), await several[1].load(ids[0])
    assert first.public_key() == second.public_key()
    read_back = await SigningKeys(database, keyring).load(ids[0])
    assert read_back.public_key() == first.public_key()


async def test_a_key_signs_and_owners_do_not_share_it(database: Database, keyring: Keyring) -> None:
    keys = SigningKeys(database, keyring)
    one, other = [await keys.load(await keys.create(new_id("owner"))) for _ in range(2)]
    assert one.public_key() != other.public_key()
    signature = one.sign(b"text", ec.ECDSA(hashes.SHA256()))
    one.public_key().verify(signature, b"text", ec.ECDSA(hashes.SHA256()))


async def test_a_key_moved_to_another_row_or_under_another_root_does_not_open(
    database: Database, keyring: Keyring
) -> None:
    keys = SigningKeys(database, keyring)
    mine, foreign = await keys.create(new_id("owner")), await keys.create(new_id("owner"))
    async with database.transaction() as session:
        sealed = (await session.exec(select(SigningKey.sealed).where(SigningKey.id == foreign))).one()
        await session.exec(update(SigningKey).where(col(SigningKey.id) == mine).values(sealed=sealed))
    with pytest.raises(InvalidTag):
        await SigningKeys(database, keyring).load(mine)
    with pytest.raises(InvalidTag):
        await SigningKeys(database, Keyring(bytes(32))).load(foreign)


async def test_an_unknown_key_is_named(database: Database, keyring: Keyring) -> None:
    with pytest.raises(LookupError, match="key_none"):
        await SigningKeys(database, keyring).load("key_none")


async def test_parsed_keys_stay_within_their_bound(database: Database, keyring: Keyring) -> None:
    keys = SigningKeys(database, keyring)
    placeholder = ec.generate_private_key(ec.SECP256R1())
    keys.parsed.update({f"key_{number}": placeholder for number in range(PARSED_KEYS)})
    await keys.load("key_0")
    await keys.load(await keys.create(new_id("owner")))
    assert len(keys.parsed) == PARSED_KEYS
    assert "key_0" in keys.parsed
    assert "key_1" not in keys.parsed
