"""The platform's own certificate authority: root → issuing → enterprises, persons and its two services.

Issuance follows one order (cf. Boulder's issuance cycle): the key, then the committed plan with the serial, then
the signature, then the signed certificate. Signatures are deterministic (RFC 6979), so finishing a plan twice
gives the same bytes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponseStatus

from activities.providers.certificate_authority.lists import RevocationLists
from activities.providers.certificate_authority.names import (
    authority_subject,
    enterprise_subject,
    person_subject,
)
from activities.providers.certificate_authority.profiles import BACKDATING, PROFILES, with_extensions
from activities.providers.certificate_authority.register import CertificateRegister
from activities.providers.certificate_authority.revocation import (
    Question,
    QuestionMalformed,
    Signer,
    concerns,
    question_about,
    read_question,
    refusal,
    status_answer,
)
from activities.providers.keys import SigningKeys
from models.certificates import (
    Certificate,
    CertificateContent,
    CertificateKind,
    CertificateState,
    IssuedCertificate,
    RevocationMaterial,
    RevocationReason,
    new_serial,
    serial_text,
)
from models.database import Database, utc_now
from models.errors import CertificateReferenceReused, RequestInvalid, ResourceNotFound

SERVICES = (
    CertificateKind.ROOT,
    CertificateKind.ISSUING,
    CertificateKind.OCSP,
    CertificateKind.TIMESTAMP,
)
NAMES = {
    CertificateKind.ROOT: "Qianzhang Root CA",
    CertificateKind.ISSUING: "Qianzhang Issuing CA",
    CertificateKind.OCSP: "Qianzhang OCSP Responder",
    CertificateKind.TIMESTAMP: "Qianzhang Timestamp Authority",
}


class CertificateAuthority:
    """Issues, revokes and tells the status of certificates.

    A certificate is known by its ``reference``: asked for again, the same certificate comes back, also when its
    life is over; raises CertificateReferenceReused when the reference belongs to another subject or kind.
    """

    def __init__(self, database: Database, keys: SigningKeys, public_url: str) -> None:
        self.keys = keys
        self.public_url = public_url.rstrip("/")
        self.register = CertificateRegister(database, keys.keyring)
        self.lists = RevocationLists(database)
        self.signers: dict[str, Signer] = {}
        self.serving: dict[CertificateKind, Signer] = {}

    async def establish(self) -> None:
        """Makes what is missing of the authority's own certificates; any number of processes may do so at once."""
        now = utc_now()
        for kind in SERVICES:
            await self.signer(kind, now)

    async def issue_enterprise(
        self, reference: str, *, enterprise_id: str, name: str, uscc: str, now: datetime
    ) -> IssuedCertificate:
        """The enterprise's own certificate for one year (C17, O16), or until the issuer's end if that is nearer."""
        subject = enterprise_subject(name, uscc)
        return await self._issue(reference, CertificateKind.ENTERPRISE, enterprise_id, subject, now)

    async def issue_person(self, reference: str, *, account_id: str, name: str, now: datetime) -> IssuedCertificate:
        """A certificate for one act of signing, living EVENT_CERTIFICATE_LIFETIME."""
        pseudonym = self.keys.keyring.digest("index", f"certificate-holder/{account_id}")[:32]
        subject = person_subject(name, pseudonym)
        return await self._issue(reference, CertificateKind.PERSON, account_id, subject, now)

    async def issued(self, serial: str) -> IssuedCertificate:
        """A certificate issued before. Raises ResourceNotFound for an unknown or merely planned one."""
        row = await self.register.by_serial(serial)
        if row is None or row.state == CertificateState.PLANNED:
            raise ResourceNotFound
        return self._handed_out(row)

    async def revoke(self, serial: str, reason: RevocationReason, now: datetime) -> None:
        """The first revocation stands. Raises ResourceNotFound, RequestInvalid for a reason RFC 5280 lacks.

        Other processes keep a revoked certificate of the authority itself in use until they start again.
        """
        if reason not in get_args(RevocationReason):
            raise RequestInvalid(field="reason")
        await self.register.store_revoked(serial, reason, now.replace(microsecond=0))
        self.serving.clear()

    async def chain(self) -> list[bytes]:
        """DER of the issuing and the root certificate."""
        now = utc_now()
        return [(await self.signer(kind, now)).der for kind in (CertificateKind.ISSUING, CertificateKind.ROOT)]

    async def ocsp_response(self, request_der: bytes, now: datetime) -> bytes:
        """RFC 6960 over one certificate of the issuing authority; any bytes get an answer of that protocol."""
        try:
            question = read_question(request_der)
        except QuestionMalformed:
            return refusal(OCSPResponseStatus.MALFORMED_REQUEST)
        issuing = await self.signer(CertificateKind.ISSUING, now)
        if not concerns(question, issuing.certificate):
            return refusal(OCSPResponseStatus.UNAUTHORIZED)
        return await self._answer(question, issuing.serial, now)

    async def crl(self, now: datetime) -> bytes:
        """The issuing authority's list."""
        return await self.lists.current(await self.signer(CertificateKind.ISSUING, now), now)

    async def root_crl(self, now: datetime) -> bytes:
        return await self.lists.current(await self.signer(CertificateKind.ROOT, now), now)

    async def revocation_material(self, serial: str, now: datetime) -> RevocationMaterial:
        """All that judges this holder's certificate offline: its status, its issuer's, and who signed them.

        A revoked certificate gets its revoked status, not a refusal. Raises ResourceNotFound.
        """
        row = await self.register.by_serial(serial)
        if row is None or row.state == CertificateState.PLANNED:
            raise ResourceNotFound
        issuing = await self._signer_of(row.issuer)
        root = await self.signer(CertificateKind.ROOT, now)
        responder = await self.signer(CertificateKind.OCSP, now)
        question = question_about(int(serial, 16), issuing.certificate)
        return RevocationMaterial(
            certificates=[responder.der, issuing.der, root.der],
            ocsps=[await self._answer(question, issuing.serial, now)],
            crls=[await self.root_crl(now)],
        )

    async def timestamp_revocation_material(self, now: datetime) -> RevocationMaterial:
        """The same for the certificate that signs timestamps at this moment."""
        signer = await self.signer(CertificateKind.TIMESTAMP, now)
        return await self.revocation_material(signer.serial, now)

    async def signer(self, kind: CertificateKind, now: datetime) -> Signer:
        """The authority's certificate of that kind in use at ``now``, made or renewed where needed."""
        kept = self.serving.get(kind)
        if kept and _lasts(kind, kept.certificate.not_valid_before_utc, kept.certificate.not_valid_after_utc, now):
            return kept
        reference = _reference_in_use(kind, await self.register.of_kind(kind), now)
        issued = await self._issue(reference, kind, "authority", authority_subject(NAMES[kind]), now)
        self.serving[kind] = await self._signer_of(issued.serial)
        return self.serving[kind]

    async def _signer_of(self, serial: str) -> Signer:
        if serial not in self.signers:
            row = await self.register.by_serial(serial)
            if row is None:
                raise ResourceNotFound
            der = self.register.content(row).der
            key = await self.keys.load(row.key_id)
            self.signers[serial] = Signer(serial, x509.load_der_x509_certificate(der), der, key)
        return self.signers[serial]

    async def _answer(self, question: Question, issuer: str, now: datetime) -> bytes:
        row = await self.register.by_serial(serial_text(question.serial))
        responder = await self.signer(CertificateKind.OCSP, now)
        return status_answer(question, row if row and row.issuer == issuer else None, responder, now)

    async def _issue(
        self, reference: str, kind: CertificateKind, owner: str, subject: x509.Name, now: datetime
    ) -> IssuedCertificate:
        digest = self.keys.keyring.digest("index", f"{kind}/{owner}/{subject.rfc4514_string()}")
        row = await self.register.by_reference(reference)
        if row is None:
            row = await self.register.plan(await self._planned(reference, kind, owner, digest, now))
        if row.subject_digest != digest:
            raise CertificateReferenceReused(reference=reference)
        if row.state == CertificateState.PLANNED:
            row = await self._sign(row, subject, now)
        return self._handed_out(row)

    def _handed_out(self, row: Certificate) -> IssuedCertificate:
        content = self.register.content(row)
        return IssuedCertificate(
            serial=row.serial,
            key_id=row.key_id,
            der=content.der,
            not_before=row.not_before,
            not_after=row.not_after,
            subject=content.subject,
        )

    async def _planned(
        self, reference: str, kind: CertificateKind, owner: str, subject_digest: str, now: datetime
    ) -> Certificate:
        serial = serial_text(new_serial())
        issuer = None if kind is CertificateKind.ROOT else await self.signer(_issuer_of(kind), now)
        not_before, not_after = _window(kind, issuer, now)
        return Certificate(
            serial=serial,
            reference=reference,
            kind=kind,
            state=CertificateState.PLANNED,
            owner=owner,
            issuer=issuer.serial if issuer else serial,
            key_id=await self.keys.create(f"certificate/{reference}"),
            subject_digest=subject_digest,
            not_before=not_before,
            not_after=not_after,
        )

    async def _sign(self, row: Certificate, subject: x509.Name, now: datetime) -> Certificate:
        kind = CertificateKind(row.kind)
        holder = await self.keys.load(row.key_id)
        issuer = None if row.issuer == row.serial else await self._signer_of(row.issuer)
        if row.not_after <= now:
            row = await self.register.plan_again(row, *_window(kind, issuer, now))
        issuer_key = issuer.key if issuer else holder
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(holder.public_key())
            .serial_number(int(row.serial, 16))
            .not_valid_before(row.not_before)
            .not_valid_after(row.not_after)
        )
        builder = with_extensions(builder, kind, holder.public_key(), issuer_key.public_key(), self.public_url)
        der = builder.sign(issuer_key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)
        content = CertificateContent(der=der, subject=subject.rfc4514_string())
        return await self.register.store_issued(row.serial, content)


def _reference_in_use(kind: CertificateKind, taken: Sequence[Certificate], now: datetime) -> str:
    """That of the one lasting longest; where none lasts long enough, the next, on which racing calls agree."""
    usable = [
        row
        for row in taken
        if row.state != CertificateState.REVOKED and _lasts(kind, row.not_before, row.not_after, now)
    ]
    if usable:
        return max(usable, key=lambda row: row.not_after).reference
    return f"authority/{kind}/{len(taken) + 1}"


def _lasts(kind: CertificateKind, not_before: datetime, not_after: datetime, now: datetime) -> bool:
    """Whether the authority's own certificate may still be used to sign."""
    return not_before <= now and not_after - now > PROFILES[kind].renewal


def _issuer_of(kind: CertificateKind) -> CertificateKind:
    return CertificateKind.ROOT if kind is CertificateKind.ISSUING else CertificateKind.ISSUING


def _window(kind: CertificateKind, issuer: Signer | None, now: datetime) -> tuple[datetime, datetime]:
    """Whole seconds, as DER has no finer time; never outside the issuer's own life."""
    moment = now.replace(microsecond=0)
    not_before, not_after = moment - BACKDATING, moment + PROFILES[kind].lifetime
    if issuer is None:
        return not_before, not_after
    life = issuer.certificate
    return max(not_before, life.not_valid_before_utc), min(not_after, life.not_valid_after_utc)
