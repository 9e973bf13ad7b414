"""The client against the real authority over HTTP, and against servers that alter its true answers."""

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from asn1crypto import tsp
from cryptography import x509

from activities.pdf import der
from activities.providers.certificate_authority.revocation import Signer
from activities.providers.timestamp import TimestampClient
from activities.providers.timestamp.client import TimeStampResp, TokenRefused, checked_token
from activities.providers.timestamp.token import TokenSigner, tst_info
from models.certificates import CertificateKind
from models.errors import ProviderUnavailable
from models.ids import new_id
from tests.running_pki import Pki, openssl

DIGEST = hashlib.sha256("样例合同".encode()).digest()
Alter = Callable[[bytes, Callable[[bytes], bytes]], tuple[int, bytes]]


@contextlib.contextmanager
def altering(url: str, alter: Alter) -> Iterator[str]:
    """A server that hands each request to ``alter`` with the way to the true authority."""

    def truth(query: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query"}
        return httpx2.post(f"{url}/pki/timestamp", content=query, headers=headers, trust_env=False).content

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = alter(self.rfile.read(int(self.headers["Content-Length"])), truth)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ask(url: str) -> bytes:
    client = TimestampClient(url)
    with contextlib.closing(client):
        return client.token(DIGEST)


async def test_a_token_of_our_authority_is_accepted(pki: Pki) -> None:
    token = tsp.ContentInfo.load(await asyncio.to_thread(ask, f"{pki.url}/pki/timestamp"), strict=True)
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert len(token["content"]["certificates"]) == 2


async def test_threads_may_share_one_client(pki: Pki) -> None:
    client = TimestampClient(f"{pki.url}/pki/timestamp")
    with contextlib.closing(client):
        tokens = await asyncio.gather(*(asyncio.to_thread(client.token, DIGEST) for _ in range(16)))
    assert len(set(tokens)) == 16


def with_fields(query: bytes, **changes: object) -> bytes:
    read = tsp.TimeStampReq.load(query)
    for name, value in changes.items():
        read[name] = value
    encoded: bytes = read.dump(force=True)
    return encoded


def flipped(answer: bytes, place: int) -> bytes:
    return answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]


def in_content(answer: bytes) -> int:
    """A place inside the time told: what a forger would move."""
    return answer.index(b"Z", answer.index(b"\x18\x0f")) - 1


OTHER = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
LONGER = {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": bytes(64)}


@pytest.mark.parametrize(
    ("alter", "cause"),
    [
        (lambda q, truth: (200, truth(with_fields(q, nonce=1))), "other nonce"),
        (lambda q, truth: (200, truth(with_fields(q, message_imprint=OTHER))), "other imprint"),
        (lambda q, truth: (200, truth(with_fields(q, message_imprint=LONGER))), "other digest algorithm"),
        (lambda q, truth: (200, truth(with_fields(q, cert_req=False))), "not in the token"),
        (lambda _, truth: (200, truth(b"garbage")), "status rejection"),
        (lambda q, truth: (200, flipped(truth(q), -1)), "badly signed"),
        (lambda q, truth: (200, flipped(a := truth(q), in_content(a))), "other content signed"),
        (lambda q, truth: (200, truth(q)[:-1]), "unreadable"),
        (lambda q, truth: (200, truth(q) + b"\x00"), "unreadable"),
        (lambda *_: (200, b""), "unreadable"),
        (lambda *_: (200, b"\x30\x80" * 100), "unreadable"),
        (lambda *_: (200, b"<html></html>"), "unreadable"),
        (lambda *_: (200, bytes(65 * 1024)), "too large"),
        (lambda q, truth: (503, truth(q)), "HTTP 503"),
        (lambda *_: (302, b""), "HTTP 302"),
    ],
)
async def test_an_altered_answer_is_not_believed(pki: Pki, alter: Alter, cause: str) -> None:
    with altering(pki.url, alter) as url, pytest.raises(ProviderUnavailable) as caught:
        await asyncio.to_thread(ask, url)
    assert caught.value.facts["provider"] == "timestamp"
    assert cause in str(caught.value.facts["cause"])


async def test_no_byte_of_what_is_signed_can_change_unseen(pki: Pki) -> None:
    answers: list[tuple[bytes, bytes]] = []

    def keep(query: bytes, truth: Callable[[bytes], bytes]) -> tuple[int, bytes]:
        answers.append((query, truth(query)))
        return 200, answers[-1][1]

    with altering(pki.url, keep) as url:
        await asyncio.to_thread(ask, url)
    ((query, answer),) = answers
    signed_data = TimeStampResp.load(answer)["time_stamp_token"]["content"]
    (signer_info,) = signed_data["signer_infos"]
    bound = (
        signed_data["encap_content_info"].dump(),
        signer_info["signed_attrs"].contents,
        signer_info["signature"].dump(),
        (await pki.authority.signer(CertificateKind.TIMESTAMP, datetime.now(UTC))).der,
    )
    nonce = tsp.TimeStampReq.load(query)["nonce"].native
    assert believes(answer, nonce)
    for part in bound:
        start = answer.index(part)
        accepted = [place for place in range(len(part)) if believes(flipped(answer, start + place), nonce)]
        assert accepted == []


def believes(answer: bytes, nonce: int) -> bool:
    try:
        checked_token(answer, DIGEST, nonce)
    except TokenRefused:
        return False
    return True


async def test_a_token_of_somebody_without_the_purpose_is_refused(pki: Pki) -> None:
    issued = await pki.authority.issue_person(
        new_id("ref"), account_id="acc_sample", name="张三样例", now=datetime.now(UTC)
    )
    key = await pki.authority.keys.load(issued.key_id)
    impostor = Signer(issued.serial, x509.load_der_x509_certificate(issued.der), issued.der, key)
    root = await pki.authority.signer(CertificateKind.ROOT, datetime.now(UTC))
    issuing = (await pki.authority.chain())[0]
    imprint = der.sequence(der.sequence(der.oid("2.16.840.1.101.3.4.2.1")), der.octets(DIGEST))
    info = tst_info(imprint, 1, datetime.now(UTC), der.integer(7))
    granted = der.sequence(der.integer(0))
    for signer, cause in ((impostor, "not one for timestamps"), (root, "unreadable")):
        answer = der.sequence(granted, TokenSigner(signer, issuing).token(info, True))
        with pytest.raises(TokenRefused, match=cause):
            checked_token(answer, DIGEST, 7)


CONFIGURATION = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = {essential}
[extensions]
extendedKeyUsage = critical,timeStamping
"""


@pytest.mark.parametrize("essential", ["sha1", "sha256"])
async def test_an_rsa_authority_of_another_maker_is_accepted(essential: str, tmp_path: Path) -> None:
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, essential=essential))
    key, certificate = ("-keyout", tmp_path / "tsa.key"), ("-out", tmp_path / "tsa.pem")
    subject = ("-subj", "/CN=Sample TSA", "-config", configuration, "-extensions", "extensions")
    made = openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *key, *certificate, *subject)
    assert made.returncode == 0, made.stderr
    (tmp_path / "serial").write_text("01")

    def reply(query: bytes, _: Callable[[bytes], bytes]) -> tuple[int, bytes]:
        (tmp_path / "query").write_bytes(query)
        options = ("-config", configuration, "-section", "tsa", "-queryfile", tmp_path / "query")
        answered = openssl("ts", "-reply", *options)
        assert answered.returncode == 0, answered.stderr
        return 200, answered.stdout

    with altering("", reply) as url:
        token = tsp.ContentInfo.load(await asyncio.to_thread(ask, url))
    assert token["content"]["signer_infos"][0]["signature_algorithm"].signature_algo == "rsassa_pkcs1v15"


async def test_nobody_listening_is_unavailable(free_port: Callable[[], int]) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        await asyncio.to_thread(ask, f"http://127.0.0.1:{free_port()}/pki/timestamp")
    assert caught.value.facts == {"provider": "timestamp", "cause": "ConnectError"}
