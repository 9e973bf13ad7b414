import hashlib
import io
import secrets

import httpx2
import pytest
from PIL import Image
from sqlmodel import select

from activities.providers.storage import ObjectStore
from models.database import Database
from models.limits import MEBIBYTE
from models.uploads import Upload
from samples.files import CONTRACT
from tests.api.conftest import Person

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480)) -> bytes:
    data = io.BytesIO()
    Image.frombytes("RGB", (8, 8), secrets.token_bytes(192)).resize(size).save(data, kind)
    return data.getvalue()


async def upload(
    client: httpx2.AsyncClient, who: Person, data: bytes, kind: str = "licence", **headers: str
) -> httpx2.Response:
    form = {"files": {"file": ("any name.jpg", data)}, "data": {"kind": kind}}
    return await client.post("/v1/uploads", headers=who.headers | headers, **form)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["licence", "id_portrait", "id_emblem"])
async def test_c06_a_photo_is_stored_with_its_facts(
    client: httpx2.AsyncClient, person: Person, database: Database, app_store: ObjectStore, kind: str
) -> None:
    data = picture("PNG")
    answer = await upload(client, person, data, kind)
    assert answer.status_code == 201, answer.text
    facts = answer.json()
    assert (facts["media_type"], facts["width"], facts["height"]) == ("image/png", 640, 480)
    assert (facts["sha256"], facts["size"]) == (hashlib.sha256(data).hexdigest(), len(data))
    async with database.sessions() as session:
        row = (await session.exec(select(Upload).where(Upload.id == facts["id"]))).one()
    assert await app_store.get(row.storage_key) == data


async def test_a_contract_document_is_read_at_once(client: httpx2.AsyncClient, person: Person) -> None:
    answer = await upload(client, person, CONTRACT.read_bytes(), "contract_document")
    assert answer.status_code == 201
    assert (answer.json()["media_type"], answer.json()["pages"]) == ("application/pdf", 2)


async def test_the_same_key_and_file_is_one_upload(client: httpx2.AsyncClient, person: Person) -> None:
    data, key = picture(), secrets.token_hex(12)
    first = await upload(client, person, data, **{"Idempotency-Key": key})
    again = await upload(client, person, data, **{"Idempotency-Key": key})
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_c06_over_10_mib_is_refused(client: httpx2.AsyncClient, person: Person) -> None:
    refused = await upload(client, person, picture() + b"\x00" * (10 * MEBIBYTE))
    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert refused.json()["detail"] == "文件超过 10M，请压缩后上传。"


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"", "licence", 422, "file_empty"),
        (PDF, "licence", 415, "file_type_not_accepted"),
        (PDF, "contract_document", 422, "file_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "licence", 415, "file_type_not_accepted"),
        (b"GIF89a" + b"\x00" * 99, "licence", 415, "file_type_not_accepted"),
        (b"\xff\xd8\xff" + b"\x00" * 99, "licence", 422, "file_unreadable"),
        (picture(size=(200, 200)), "licence", 422, "image_too_small"),
        (picture(), "contract_document", 415, "file_type_not_accepted"),
        (b"\x00" * 2000 + PDF, "contract_document", 415, "file_type_not_accepted"),
        (picture(), "avatar", 422, "request_invalid"),
    ],
)
async def test_what_is_not_the_kind_is_refused(
    client: httpx2.AsyncClient, person: Person, data: bytes, kind: str, status: int, code: str
) -> None:
    refused = await upload(client, person, data, kind)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_an_upload_is_its_owners_only(client: httpx2.AsyncClient, person: Person, other_person: Person) -> None:
    upload_id = (await upload(client, person, picture())).json()["id"]
    assert (await client.get(f"/v1/uploads/{upload_id}", headers=person.headers)).status_code == 200
    assert (await client.get(f"/v1/uploads/{upload_id}", headers=other_person.headers)).status_code == 404
    assert (await client.get(f"/v1/uploads/{upload_id}")).status_code == 401


async def test_a_form_without_a_file_is_named(client: httpx2.AsyncClient, person: Person) -> None:
    refused = await client.post(
        "/v1/uploads", files={"file": (None, "text")}, data={"kind": "licence"}, headers=person.headers
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "request_invalid")
