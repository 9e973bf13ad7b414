"""Private signing keys under envelope encryption: made once per owner, opened only in memory."""

from collections import OrderedDict

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from models.certificates import SigningKey
from models.database import Database, utc_now
from models.ids import new_id
from models.keyring import Keyring

PARSED_KEYS = 1024
"""Parsed keys kept; parsing one costs more than signing with it."""


class SigningKeys:
    """P-256 keys of the authority and of certificate holders."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.keyring = keyring
        self.parsed: OrderedDict[str, ec.EllipticCurvePrivateKey] = OrderedDict()

    async def create(self, owner: str) -> str:
        """The id of the owner's key; the first call makes it, racing calls agree on one."""
        key_id = new_id("key")
        key = ec.generate_private_key(ec.SECP256R1())
        plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        row = {
            "id": key_id,
            "owner": owner,
            "sealed": self.keyring.seal("signing-keys", key_id, plain),
            "created_at": utc_now(),
        }
        statement = insert(SigningKey).values(row).on_conflict_do_nothing(index_elements=["owner"])
        async with self.database.transaction() as session:
            if (await session.exec(statement.returning(col(SigningKey.id)))).first() is None:
                return (await session.exec(select(SigningKey.id).where(col(SigningKey.owner) == owner))).one()
        self._keep(key_id, key)
        return key_id

    async def load(self, key_id: str) -> ec.EllipticCurvePrivateKey:
        """Raises LookupError for an unknown id, InvalidTag when the stored bytes are not what was sealed."""
        if key_id in self.parsed:
            self.parsed.move_to_end(key_id)
            return self.parsed[key_id]
        async with self.database.transaction() as session:
            row = await session.get(SigningKey, key_id)
        if row is None:
            raise LookupError(key_id)
        key = load_der_private_key(self.keyring.open("signing-keys", key_id, row.sealed), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(type(key).__name__)
        self._keep(key_id, key)
        return key

    def _keep(self, key_id: str, key: ec.EllipticCurvePrivateKey) -> None:
        self.parsed[key_id] = key
        if len(self.parsed) > PARSED_KEYS:
            self.parsed.popitem(last=False)
