"""Whom a validation believes, as of which moment, with which revocation data; nothing is fetched."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.status import SignatureStatus
from pyhanko_certvalidator.context import ValidationContext

REASONS: dict[object, str] = {
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: "issuer_not_trusted",
    AdESIndeterminate.REVOKED_NO_POE: "certificate_revoked",
    AdESIndeterminate.REVOKED_CA_NO_POE: "certificate_revoked",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "certificate_expired",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "algorithm_weak",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "algorithm_weak",
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: "certificate_unsuitable",
}

PROOF_LACKING = (AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE, AdESIndeterminate.TRY_LATER)

Status = TypeVar("Status", bound=SignatureStatus)


def trust_reason(status: SignatureStatus) -> str:
    """The code for why no valid path to a root was found."""
    return REASONS.get(status.trust_problem_indic, "certificate_chain_invalid")


@dataclass(frozen=True)
class Trust:
    """The given roots with the proof found in the file."""

    roots: list[x509.Certificate]
    certificates: list[x509.Certificate]
    ocsps: list[ocsp.OCSPResponse]
    crls: list[crl.CertificateList]

    @classmethod
    def of(cls, roots: Iterable[bytes], file: PdfHandler) -> "Trust":
        anchors = [x509.Certificate.load(root) for root in roots]
        try:
            store = DocumentSecurityStore.read_dss(file)
        except NoDSSFoundError:
            return cls(anchors, [], [], [])
        return cls(
            anchors,
            list(store.load_certs()),
            [ocsp.OCSPResponse.load(response.get_object().data) for response in store.ocsps],
            [crl.CertificateList.load(entry.get_object().data) for entry in store.crls],
        )

    async def judge(
        self, moment: datetime, check: Callable[[ValidationContext], Awaitable[Status]]
    ) -> tuple[Status, bool]:
        """``check`` as of ``moment``, and whether the file proves that nothing on the path was revoked then.

        Missing, stale or partial revocation data only costs that proof; a revocation it tells of is believed.
        """
        status = await check(self._with_proof(moment))
        if status.trusted:
            return status, True
        if status.trust_problem_indic not in PROOF_LACKING:
            return status, False
        if self._tells_of_revocation(status.signing_cert, moment):
            return replace(status, trust_problem_indic=AdESIndeterminate.REVOKED_NO_POE), False
        return await check(self.without_proof(moment)), False

    def without_proof(self, moment: datetime) -> ValidationContext:
        """Paths and dates only."""
        return ValidationContext(
            trust_roots=self.roots, other_certs=self.certificates, moment=moment, allow_fetching=False
        )

    def _with_proof(self, moment: datetime) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.roots,
            other_certs=self.certificates,
            ocsps=self.ocsps,
            crls=self.crls,
            moment=moment,
            allow_fetching=False,
            revocation_mode="require",
            retroactive_revinfo=True,
        )

    def _tells_of_revocation(self, certificate: x509.Certificate, moment: datetime) -> bool:
        """Whether any data in the file, even if it proves nothing, says so of the certificate or an authority."""
        serials = {certificate.serial_number, *(other.serial_number for other in self.certificates if other.ca)}
        return any(serial in serials and since <= moment for serial, since in self._revocations())

    def _revocations(self) -> Iterator[tuple[int, datetime]]:
        for response in self.ocsps:
            if response["response_status"].native != "successful":
                continue
            for single in response.response_data["responses"]:
                if single["cert_status"].name == "revoked":
                    serial = single["cert_id"]["serial_number"].native
                    yield serial, single["cert_status"].chosen["revocation_time"].native
        for revoked in self.crls:
            for entry in revoked["tbs_cert_list"]["revoked_certificates"] or []:
                yield entry["user_certificate"].native, entry["revocation_date"].native
