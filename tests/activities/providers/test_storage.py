"""Both drivers behind one law; the folder's promises also against a writer killed at any step."""

import asyncio
import hashlib
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from activities.providers import storage
from activities.providers.storage import (
    Bucket,
    LocalFolder,
    ObjectDamaged,
    ObjectMissing,
    ObjectStore,
    open_store,
)
from models.errors import ProviderUnavailable
from models.keyring import Keyring

OWNER = "upl_00000000000000000000000000000001"
KEYS = Keyring(bytes(range(32)))
NEVER_PUT = f"{OWNER}/{'0' * 64}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, folder: Path) -> ObjectStore:
    driver = LocalFolder(folder) if request.param == "folder" else Bucket(MemoryStore())
    return ObjectStore(driver, KEYS)


async def lay_down(objects: ObjectStore, key: str, sealed: bytes) -> None:
    """What an intruder or a failing disk does."""
    driver = objects.driver
    if isinstance(driver, LocalFolder):
        (driver.folder / key).parent.mkdir(exist_ok=True)
        (driver.folder / key).write_bytes(sealed)
    elif isinstance(driver, Bucket):
        await obstore.put_async(driver.remote, key, sealed)


async def test_what_was_put_is_got(objects: ObjectStore) -> None:
    for data in (b"", b"%PDF-1.7", secrets.token_bytes(3_000_000)):
        key = await objects.put(OWNER, data)
        assert key == f"{OWNER}/{hashlib.sha256(data).hexdigest()}"
        assert await objects.get(key) == data
        assert await objects.exists(key)


async def test_put_twice_is_one_object_written_once(objects: ObjectStore) -> None:
    key = await objects.put(OWNER, "样例".encode())
    first = await objects.driver.read(key)
    assert await objects.put(OWNER, "样例".encode()) == key
    assert await objects.driver.read(key) == first


async def test_concurrent_puts_of_one_file_agree(objects: ObjectStore) -> None:
    data = secrets.token_bytes(200_000)
    keys = await asyncio.gather(*(objects.put(OWNER, data) for _ in range(20)))
    assert len(set(keys)) == 1
    assert await objects.get(keys[0]) == data


async def test_only_one_of_racing_writers_is_told_it_wrote(objects: ObjectStore) -> None:
    writes = [objects.driver.write_new(NEVER_PUT, bytes([n]) * 1000) for n in range(20)]
    told = await asyncio.gather(*writes)
    assert told.count(True) == 1
    assert await objects.driver.read(NEVER_PUT) == bytes([told.index(True)]) * 1000


async def test_puts_racing_deletes_end_with_the_object_there(objects: ObjectStore) -> None:
    async def keep_deleting() -> None:
        for _ in range(20):
            await objects.delete(key)

    key = await objects.put(OWNER, b"contested")
    await asyncio.gather(keep_deleting(), *(objects.put(OWNER, b"contested") for _ in range(20)))
    assert await objects.put(OWNER, b"contested") == key
    assert await objects.get(key) == b"contested"


async def test_one_owners_file_is_not_anothers(objects: ObjectStore) -> None:
    first, second = await objects.put("upl_1", b"same"), await objects.put("upl_2", b"same")
    await objects.delete(first)
    assert not await objects.exists(first)
    assert await objects.get(second) == b"same"


async def test_a_missing_object_has_its_own_error(objects: ObjectStore) -> None:
    with pytest.raises(ObjectMissing):
        await objects.get(NEVER_PUT)
    assert not await objects.exists(NEVER_PUT)


async def test_delete_twice_is_no_error(objects: ObjectStore) -> None:
    key = await objects.put(OWNER, b"x")
    await objects.delete(key)
    await objects.delete(key)
    with pytest.raises(ObjectMissing):
        await objects.get(key)
    await objects.delete("never_seen/" + "0" * 64)


async def test_the_stored_bytes_tell_nothing(objects: ObjectStore) -> None:
    key = await objects.put(OWNER, "身份证号 999999199001010016".encode() * 100)
    assert b"999999199001010016" not in await objects.driver.read(key)


async def test_any_changed_byte_is_detected(objects: ObjectStore) -> None:
    key = await objects.put(OWNER, b"agreed")
    sealed = await objects.driver.read(key)
    for position in range(1, len(sealed)):
        await lay_down(objects, key, sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :])
        with pytest.raises(ObjectDamaged):
            await objects.get(key)


@pytest.mark.parametrize("length", [0, 1, 5, 12, 13, 20])
async def test_a_cut_object_is_detected(objects: ObjectStore, length: int) -> None:
    key = await objects.put(OWNER, b"agreed")
    await lay_down(objects, key, (await objects.driver.read(key))[:length])
    with pytest.raises(ObjectDamaged):
        await objects.get(key)


async def test_an_object_moved_to_another_key_does_not_open(objects: ObjectStore) -> None:
    key = await objects.put("upl_1", b"agreed")
    elsewhere = key.replace("upl_1", "upl_2")
    await lay_down(objects, elsewhere, await objects.driver.read(key))
    with pytest.raises(ObjectDamaged):
        await objects.get(elsewhere)


async def test_put_does_not_acknowledge_a_damaged_object(objects: ObjectStore) -> None:
    key = await objects.put(OWNER, b"agreed")
    await lay_down(objects, key, b"damage" * 10)
    with pytest.raises(ObjectDamaged):
        await objects.put(OWNER, b"agreed")


@pytest.mark.parametrize(
    "key",
    [
        "../" + "0" * 64,
        "../../etc/passwd",
        "/" + "0" * 64,
        f"{OWNER}/../{'0' * 64}",
        f"./{'0' * 64}",
        f"{OWNER}/{'0' * 63}",
        f"{OWNER}/{'0' * 64}\n",
        f"{OWNER}/{'A' * 64}",
        f"Owner/{'0' * 64}",
        f"{'a' * 81}/{'0' * 64}",
        f".unfinished/{'0' * 64}",
        f"a\0b/{'0' * 64}",
        "",
    ],
)
async def test_no_key_leads_out_of_the_store(objects: ObjectStore, key: str) -> None:
    for act in (objects.get, objects.delete, objects.exists):
        with pytest.raises(ValueError, match="not an object key"):
            await act(key)


@pytest.mark.parametrize("owner", ["..", "", "a/b", ".unfinished", "A", "张"])
async def test_no_owner_leads_out_of_the_store(objects: ObjectStore, owner: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        await objects.put(owner, b"x")


WRITER = """
import asyncio, os, sys
from pathlib import Path
from activities.providers.storage import LocalFolder, ObjectStore
from models.keyring import Keyring

async def write():
    objects = ObjectStore(LocalFolder(Path(sys.argv[1])), Keyring(bytes(range(32))))
    while True:
        key = await objects.put("upl_killed", os.urandom(400_000))
        print(key, flush=True)

asyncio.run(write())
"""


async def test_a_killed_writer_leaves_no_half_object_and_loses_none(folder: Path) -> None:
    acknowledged: list[str] = []
    for round_ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
        )
        assert writer.stdout is not None
        acknowledged.append(writer.stdout.readline().strip())
        await asyncio.sleep(0.02 + 0.017 * round_)
        writer.kill()
        acknowledged += re.findall(r"^\S{75}$", writer.stdout.read(), re.MULTILINE)
        writer.wait()
    objects = ObjectStore(LocalFolder(folder), KEYS)
    stored = [f"upl_killed/{path.name}" for path in (folder / "upl_killed").iterdir()]
    assert set(acknowledged) <= set(stored)
    for key in stored:
        assert len(await objects.get(key)) == 400_000


@pytest.mark.parametrize("step", ["fsync", "link"])
async def test_a_failing_disk_is_an_outage_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    objects = ObjectStore(LocalFolder(folder), KEYS)

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(storage.os, step, disk_full)
        with pytest.raises(ProviderUnavailable) as refusal:
            await objects.put(OWNER, b"x")
    assert refusal.value.facts["provider"] == "storage"
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert await objects.get(await objects.put(OWNER, b"x")) == b"x"


async def test_the_object_is_durable_before_its_name_and_the_name_before_the_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, steps = ObjectStore(LocalFolder(folder), KEYS), []
    fsync, link = os.fsync, os.link

    def watched_fsync(descriptor: int) -> None:
        fsync(descriptor)
        steps.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))

    def watched_link(source: Path, place: Path) -> None:
        link(source, place)
        steps.append(("link", str(place)))

    monkeypatch.setattr(storage.os, "fsync", watched_fsync)
    monkeypatch.setattr(storage.os, "link", watched_link)
    key = await objects.put(OWNER, b"x")
    assert [step for step, _ in steps] == ["fsync", "link", "fsync", "fsync"]
    assert steps[0][1].startswith(str(folder / ".unfinished"))
    assert steps[1][1] == str(folder / key)
    assert {steps[2][1], steps[3][1]} == {str(folder / OWNER), str(folder)}


async def test_drafts_of_killed_writers_are_swept_and_those_of_others_kept(folder: Path) -> None:
    LocalFolder(folder)
    old, new = folder / ".unfinished" / "old", folder / ".unfinished" / "new"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    LocalFolder(folder)
    assert (old.exists(), new.exists()) == (False, True)


async def test_only_the_owner_of_the_process_reads_the_folder(folder: Path) -> None:
    objects = ObjectStore(LocalFolder(folder), KEYS)
    key = await objects.put(OWNER, b"x")
    modes = [oct(path.stat().st_mode & 0o077) for path in (folder, folder / OWNER, folder / key)]
    assert modes[1:] == ["0o0", "0o0"]


async def test_an_unreachable_bucket_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "invented")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "invented")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    objects = open_store("s3://samples/prefix", KEYS)
    assert isinstance(objects.driver, Bucket)
    for act in (objects.get, objects.delete, objects.exists):
        with pytest.raises(ProviderUnavailable):
            await act(NEVER_PUT)


async def test_the_url_chooses_the_driver(folder: Path) -> None:
    local = open_store((folder / "with space").as_uri(), KEYS)
    key = await local.put(OWNER, b"x")
    assert (folder / "with space" / key).is_file()
    for wrong in ("", "file://", "file:///", "file://host/folder", "s3://", "/folder", "http://host/bucket"):
        with pytest.raises(ValueError, match="storage_url"):
            open_store(wrong, KEYS)
