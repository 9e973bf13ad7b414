import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from hypothesis import given
from hypothesis import strategies as st

from activities.providers.certificate_authority.names import TIMESTAMP_POLICY
from activities.providers.timestamp import TimestampAuthority
from activities.providers.timestamp.authority import Refused, read_request
from activities.providers.timestamp.client import TimeStampResp
from tests.running_pki import Pki, openssl, pem

CONTENT = "样例合同".encode()


def request(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "version": 1,
        "message_imprint": imprint("sha256", hashlib.sha256(CONTENT).digest()),
        "nonce": 2**62 + 1,
        "cert_req": True,
    }
    encoded: bytes = tsp.TimeStampReq({**fields, **changes}).dump()
    return encoded


def imprint(algorithm: str, digest: bytes) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}


async def answered(pki: Pki, encoded: bytes) -> TimeStampResp:
    return TimeStampResp.load(await pki.timestamps.respond(encoded), strict=True)


def info_of(response: TimeStampResp) -> tsp.TSTInfo:
    return response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("options", [["-cert"], ["-cert", "-no_nonce"], ["-cert", "-tspolicy", TIMESTAMP_POLICY]])
async def test_openssl_verifies_what_it_asked_for(pki: Pki, algorithm: str, options: list[str], tmp_path: Path) -> None:
    content, query, reply, root = (tmp_path / name for name in ("content", "query", "reply", "root.pem"))
    content.write_bytes(CONTENT)
    assert openssl("ts", "-query", "-data", content, f"-{algorithm}", *options, "-out", query).returncode == 0
    reply.write_bytes(await pki.timestamps.respond(query.read_bytes()))
    root.write_bytes(pem((await pki.authority.chain())[1]))
    for against in (["-queryfile", query], ["-data", content]):
        result = openssl("ts", "-verify", *against, "-in", reply, "-CAfile", root)
        assert result.returncode == 0, result.stderr
    content.write_bytes(CONTENT + b" ")
    assert openssl("ts", "-verify", "-data", content, "-in", reply, "-CAfile", root).returncode != 0


async def test_without_cert_req_openssl_needs_the_certificates_from_elsewhere(pki: Pki, tmp_path: Path) -> None:
    issuing, root = await pki.authority.chain()
    with_certificates = await answered(pki, request())
    embedded = {choice.dump() for choice in with_certificates["time_stamp_token"]["content"]["certificates"]}
    assert issuing in embedded
    assert len(embedded) == 2
    bare = await answered(pki, request(cert_req=False))
    assert len(bare["time_stamp_token"]["content"]["certificates"]) == 0

    (signer,) = embedded - {issuing}
    files = {"root.pem": pem(root), "rest.pem": pem(signer) + pem(issuing), "query": request(cert_req=False)}
    for name, content in {**files, "reply": bare.dump()}.items():
        (tmp_path / name).write_bytes(content)
    verify = ("ts", "-verify", "-queryfile", tmp_path / "query", "-in", tmp_path / "reply")
    trust = ("-CAfile", tmp_path / "root.pem")
    assert openssl(*verify, *trust).returncode != 0
    result = openssl(*verify, *trust, "-untrusted", tmp_path / "rest.pem")
    assert result.returncode == 0, result.stderr


async def test_a_token_says_what_was_asked_when_and_under_which_policy(pki: Pki) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    info = info_of(await answered(pki, request(nonce=7)))
    assert info["version"].native == "v1"
    assert info["policy"].native == TIMESTAMP_POLICY
    assert info["nonce"].native == 7
    assert info["message_imprint"].dump() == tsp.TimeStampReq.load(request())["message_imprint"].dump()
    assert before <= info["gen_time"].native <= datetime.now(UTC)
    assert info["accuracy"]["seconds"].native == 1
    assert info_of(await answered(pki, request(nonce=None)))["nonce"].native is None


async def test_the_signing_certificate_is_bound_by_sha256(pki: Pki) -> None:
    signed = (await answered(pki, request()))["time_stamp_token"]["content"]
    attributes = {each["type"].native: each["values"] for each in signed["signer_infos"][0]["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    digests = [hashlib.sha256(choice.dump()).digest() for choice in signed["certificates"]]
    assert attributes["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native in digests


async def test_racing_requests_get_serials_of_their_own(pki: Pki) -> None:
    another = TimestampAuthority(pki.database, pki.authority)
    answers = await asyncio.gather(*((pki.timestamps, another)[i % 2].respond(request()) for i in range(30)))
    serials = {info_of(TimeStampResp.load(each))["serial_number"].native for each in answers}
    assert len(serials) == 30


EXTENSION = {"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}


@pytest.mark.parametrize(
    ("encoded", "failure"),
    [
        (b"", "bad_data_format"),
        (b"\x00" * 50, "bad_data_format"),
        (b"0" * 16384, "bad_data_format"),
        (request()[:-1], "bad_data_format"),
        (request() + b"\x00", "bad_data_format"),
        (request(version=2), "bad_request"),
        (request(message_imprint=imprint("sha1", bytes(20))), "bad_alg"),
        (request(message_imprint=imprint("md5", bytes(16))), "bad_alg"),
        (request(message_imprint=imprint("sha256", bytes(31))), "bad_data_format"),
        (request(message_imprint=imprint("sha512", bytes(32))), "bad_data_format"),
        (request(nonce=2**1000), "bad_data_format"),
        (request(req_policy="1.2.3.4"), "unaccepted_policy"),
        (request(extensions=[EXTENSION]), "unaccepted_extensions"),
    ],
    ids=lambda value: value if isinstance(value, str) else "request",
)
async def test_what_cannot_be_granted_is_rejected_by_its_failure_bit(
    pki: Pki, encoded: bytes, failure: str, tmp_path: Path
) -> None:
    response = await answered(pki, encoded)
    assert response["status"]["status"].native == "rejection"
    assert response["status"]["fail_info"].native == {failure}
    assert response["time_stamp_token"].native is None
    (tmp_path / "reply").write_bytes(response.dump())
    shown = openssl("ts", "-reply", "-in", tmp_path / "reply", "-text")
    assert b"Rejected" in shown.stdout, shown.stderr


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read_request(data)


def test_every_single_byte_changed_is_read_or_refused() -> None:
    encoded, refused = request(req_policy=TIMESTAMP_POLICY), 0
    for place in range(len(encoded)):
        for change in range(1, 256):
            changed = encoded[:place] + bytes([encoded[place] ^ change]) + encoded[place + 1 :]
            try:
                read_request(changed)
            except Refused:
                refused += 1
    assert refused > 0


@pytest.mark.parametrize("difference", [timedelta(seconds=-5), timedelta(seconds=5)])
async def test_no_time_is_told_while_two_clocks_disagree(pki: Pki, difference: timedelta) -> None:
    wrong = TimestampAuthority(pki.database, pki.authority, clock=lambda: datetime.now(UTC) + difference)
    response = TimeStampResp.load(await wrong.respond(request()))
    assert response["status"]["fail_info"].native == {"time_not_available"}
