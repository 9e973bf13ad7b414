"""Payloads and failures leave this process encrypted (AES-256-GCM, models/keyring.py)."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConverter
from temporalio.exceptions import ApplicationError

from models.errors import BusinessError, Unavailable
from models.keyring import Keyring

ENCODING = b"binary/encrypted"
KEY_ID = b"payloads/1"


class PayloadEncryption(PayloadCodec):
    """Seals whole payloads; the key id travels beside them, and binds them as associated data."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self.encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self.decrypt(p) if p.metadata.get("encoding") == ENCODING else p for p in payloads]

    def encrypt(self, payload: Payload) -> Payload:
        sealed = self.keyring.seal("payloads", KEY_ID.decode(), payload.SerializeToString())
        return Payload(metadata={"encoding": ENCODING, "key-id": KEY_ID}, data=sealed)

    def decrypt(self, payload: Payload) -> Payload:
        place = payload.metadata["key-id"].decode()
        return Payload.FromString(self.keyring.open("payloads", place, payload.data))


class FailureEncryption(DefaultFailureConverter):
    """Business errors cross with their class name as type and their facts as details; texts and stacks encrypted."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        if isinstance(exception, BusinessError):
            exception = ApplicationError(
                exception.code,
                exception.facts,
                type=type(exception).__name__,
                non_retryable=not isinstance(exception, Unavailable),
            )
        super().to_failure(exception, payload_converter, failure)


def data_converter(keyring: Keyring) -> DataConverter:
    """The one converter of clients, workers, tests and the codec route."""
    return replace(
        pydantic_data_converter,
        payload_codec=PayloadEncryption(keyring),
        failure_converter_class=FailureEncryption,
    )
