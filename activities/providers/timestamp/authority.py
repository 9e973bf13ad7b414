"""The platform's timestamp authority: reads a request, answers with a token or says why not (RFC 3161)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from asn1crypto import core, tsp
from sqlmodel import func, select

from activities.pdf import der
from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.certificate_authority.names import TIMESTAMP_POLICY
from activities.providers.timestamp.token import ACCURACY_SECONDS, TokenSigner, tst_info
from models.certificates import TIMESTAMP_SERIAL, CertificateKind
from models.database import Database, utc_now

DIGESTS = {
    "sha256": (der.oid("2.16.840.1.101.3.4.2.1"), 32),
    "sha384": (der.oid("2.16.840.1.101.3.4.2.2"), 48),
    "sha512": (der.oid("2.16.840.1.101.3.4.2.3"), 64),
}
NONCE_BYTES = 64
GRANTED = der.sequence(der.integer(0))


class Wish(NamedTuple):
    """What a request asks for; ``imprint`` and ``nonce`` in DER, to be repeated in the token."""

    imprint: bytes
    nonce: bytes
    with_certificates: bool


class Refused(Exception):
    """``failure`` is asn1crypto's name of the PKIFailureInfo bit."""

    def __init__(self, failure: str, why: str) -> None:
        super().__init__(why)
        self.failure = failure


class TimestampAuthority:
    """Answers every byte string with a TimeStampResp; each token has a serial of its own, kept by the database."""

    def __init__(
        self,
        database: Database,
        certificates: CertificateAuthority,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.database = database
        self.certificates = certificates
        self.clock = clock
        self.signer: TokenSigner | None = None

    async def respond(self, request_der: bytes) -> bytes:
        """DER TimeStampResp: granted with a token, or rejection with its failure bit."""
        try:
            wish = read_request(request_der)
            serial, at = await self._take_serial()
        except Refused as refused:
            return rejection(refused)
        signer = await self._signer(at)
        token = signer.token(tst_info(wish.imprint, serial, at, wish.nonce), wish.with_certificates)
        return der.sequence(GRANTED, token)

    async def _take_serial(self) -> tuple[int, datetime]:
        """The next serial and the time, on which our clock and the database's agree within the accuracy claimed."""
        before = self.clock()
        async with self.database.transaction() as session:
            statement = select(TIMESTAMP_SERIAL.next_value(), func.clock_timestamp())
            serial, elsewhere = (await session.exec(statement)).one()
        after = self.clock()
        tolerance = timedelta(seconds=ACCURACY_SECONDS)
        if not before - tolerance <= elsewhere <= after + tolerance:
            raise Refused("time_not_available", "two clocks disagree")
        return serial, after

    async def _signer(self, at: datetime) -> TokenSigner:
        current = await self.certificates.signer(CertificateKind.TIMESTAMP, at)
        if self.signer is None or self.signer.signer is not current:
            issuing = await self.certificates.signer(CertificateKind.ISSUING, at)
            self.signer = TokenSigner(current, issuing.der)
        return self.signer


def read_request(request_der: bytes) -> Wish:
    """Raises Refused."""
    try:
        request = tsp.TimeStampReq.load(request_der, strict=True)
        version = request["version"].native
        algorithm = request["message_imprint"]["hash_algorithm"]["algorithm"].native
        hashed = request["message_imprint"]["hashed_message"].native
        imprint = request["message_imprint"].dump()
        policy, nonce = request["req_policy"].native, request["nonce"]
        wish = Wish(imprint, b"" if nonce.native is None else nonce.dump(), request["cert_req"].native)
        extended = not isinstance(request["extensions"], core.Void)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused("bad_data_format", "not a TimeStampReq") from error
    if version != "v1":
        raise Refused("bad_request", "only version 1")
    if algorithm not in DIGESTS:
        raise Refused("bad_alg", "only SHA-256, SHA-384 and SHA-512")
    if imprint not in _encodings(algorithm, hashed) or len(wish.nonce) > NONCE_BYTES:
        raise Refused("bad_data_format", "the imprint or the nonce is not DER or has the wrong length")
    if policy not in (None, TIMESTAMP_POLICY):
        raise Refused("unaccepted_policy", "another policy than ours")
    if extended:
        raise Refused("unaccepted_extensions", "no extension is known here")
    return wish


def _encodings(algorithm: str, hashed: bytes) -> list[bytes]:
    """The two in use: the algorithm's parameters may be NULL or absent (RFC 5754 §2)."""
    oid, size = DIGESTS[algorithm]
    if len(hashed) != size:
        return []
    digest = der.octets(hashed)
    return [der.sequence(der.sequence(oid, parameters), digest) for parameters in (b"", der.encode(der.NULL))]


def rejection(refused: Refused) -> bytes:
    """DER TimeStampResp without a token (RFC 3161 §2.4.2)."""
    status = {"status": "rejection", "status_string": [str(refused)], "fail_info": {refused.failure}}
    encoded: bytes = tsp.PKIStatusInfo(status).dump()
    return der.sequence(encoded)
