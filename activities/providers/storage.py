"""Objects: files kept under content-addressed keys, encrypted, never replaced.

A key is ``<owner>/<SHA-256 of the plain bytes>``. The same bytes put again under the same owner are the same
object, and deleting it ends it for all who put it: let the owner be what is erased together.
"""

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from cryptography.exceptions import InvalidTag
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore as RemoteStore
from obstore.store import S3Store

from models.errors import ProviderUnavailable
from models.keyring import Keyring

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}/[0-9a-f]{64}")
UNFINISHED = ".unfinished"
UNFINISHED_SECONDS = 3600
RETRY_SECONDS = timedelta(seconds=10)
"""The callers retry too; obstore's own three minutes would hold a person's request."""

Result = TypeVar("Result")


class ObjectMissing(Exception):
    """No object under this key."""


class ObjectDamaged(Exception):
    """The stored bytes are not those that were put: changed, cut short, moved, or of another root key."""


class Driver(Protocol):
    """Where sealed bytes lie. ``write_new`` is durable when it returns and keeps what is there already;
    it answers False then. ``read`` and ``exists`` see only whole objects."""

    async def write_new(self, key: str, sealed: bytes) -> bool: ...

    async def read(self, key: str) -> bytes:
        """Raises ObjectMissing."""
        ...

    async def remove(self, key: str) -> None: ...

    async def exists(self, key: str) -> bool: ...


class ObjectStore:
    """The files of the platform. Every method raises ProviderUnavailable when the place does not answer,
    and ValueError for a key that ``put`` cannot have made."""

    def __init__(self, driver: Driver, keyring: Keyring) -> None:
        self.driver = driver
        self.keyring = keyring

    async def put(self, owner: str, data: bytes) -> str:
        """The key, once the object is durable and opens. Raises ObjectDamaged when what already lies there does not."""
        key = _checked(f"{owner}/{hashlib.sha256(data).hexdigest()}")
        sealed = self.keyring.seal("objects", key, data)
        while not await self.driver.write_new(key, sealed):
            try:
                await self.get(key)
            except ObjectMissing:
                continue  # deleted since; write again
            break
        return key

    async def get(self, key: str) -> bytes:
        """Raises ObjectMissing and ObjectDamaged."""
        sealed = await self.driver.read(_checked(key))
        try:
            return self.keyring.open("objects", key, sealed)
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise ObjectDamaged(key) from None

    async def delete(self, key: str) -> None:
        """No object is no error."""
        await self.driver.remove(_checked(key))

    async def exists(self, key: str) -> bool:
        return await self.driver.exists(_checked(key))


def open_store(url: str, keyring: Keyring) -> ObjectStore:
    """``file:///folder`` or ``s3://bucket/prefix``; S3 takes address and credentials from AWS_ENDPOINT,
    AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Raises ValueError for any other URL."""
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path not in ("", "/"):
        return ObjectStore(LocalFolder(Path(unquote(parts.path))), keyring)
    if parts.scheme == "s3" and parts.netloc:
        remote = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            retry_config={"max_retries": 2, "retry_timeout": RETRY_SECONDS},
        )
        return ObjectStore(Bucket(remote), keyring)
    raise ValueError("storage_url must be file:///folder or s3://bucket/prefix")


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ValueError("not an object key")
    return key


def _unavailable(error: Exception) -> ProviderUnavailable:
    return ProviderUnavailable(provider="storage", cause=type(error).__name__)


class LocalFolder:
    """A folder of this machine. An object appears whole under its name by one hard link, or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unfinished = folder / UNFINISHED
        self.unfinished.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()

    async def write_new(self, key: str, sealed: bytes) -> bool:
        return await _in_thread(lambda: self._write_new(self.folder / key, sealed))

    async def read(self, key: str) -> bytes:
        return await _in_thread(lambda: self._read(key))

    async def remove(self, key: str) -> None:
        await _in_thread(lambda: self._remove(self.folder / key))

    async def exists(self, key: str) -> bool:
        return await _in_thread((self.folder / key).is_file)

    def _write_new(self, place: Path, sealed: bytes) -> bool:
        draft = self.unfinished / secrets.token_hex(16)
        try:
            with open(draft, "xb", opener=_private) as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            place.parent.mkdir(mode=0o700, exist_ok=True)
            is_new = _link_new(draft, place)
        finally:
            draft.unlink(missing_ok=True)
        # The loser of a race syncs too: the winner's names must be durable before anyone reports them.
        _sync_folder(place.parent)
        _sync_folder(self.folder)
        return is_new

    def _read(self, key: str) -> bytes:
        try:
            return (self.folder / key).read_bytes()
        except FileNotFoundError:
            raise ObjectMissing(key) from None

    def _remove(self, place: Path) -> None:
        if place.parent.is_dir():
            place.unlink(missing_ok=True)
            _sync_folder(place.parent)

    def _sweep(self) -> None:
        """Drafts of writers that were killed; none takes an hour."""
        for draft in self.unfinished.iterdir():
            if draft.stat().st_mtime < time.time() - UNFINISHED_SECONDS:
                draft.unlink(missing_ok=True)


async def _in_thread(work: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise _unavailable(error) from error


def _link_new(draft: Path, place: Path) -> bool:
    try:
        os.link(draft, place)
    except FileExistsError:
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Bucket:
    """An S3 bucket (any store that honours ``If-None-Match: *``), or what obstore offers beside it."""

    def __init__(self, remote: RemoteStore) -> None:
        self.remote = remote

    async def write_new(self, key: str, sealed: bytes) -> bool:
        try:
            await obstore.put_async(self.remote, key, sealed, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except BaseError as error:
            raise _unavailable(error) from error
        return True

    async def read(self, key: str) -> bytes:
        try:
            found = await obstore.get_async(self.remote, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise ObjectMissing(key) from None
        except BaseError as error:
            raise _unavailable(error) from error

    async def remove(self, key: str) -> None:
        try:
            await obstore.delete_async(self.remote, key)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise _unavailable(error) from error

    async def exists(self, key: str) -> bool:
        try:
            await obstore.head_async(self.remote, key)
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise _unavailable(error) from error
        return True
