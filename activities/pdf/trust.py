"""Whom a validation believes, as of which moment, with which revocation data; nothing is fetched."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
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

        Missing or stale revocation data only costs that proof; a revocation it tells of is believed.
        """
        status = await check(self._context(moment, "require"))
        if status.trusted:
            return status, True
        status = await check(self._context(moment, "soft-fail"))
        if status.trust_problem_indic is AdESIndeterminate.TRY_LATER:  # stale data
            status = await check(self.without_proof(moment))
        return status, False

    def without_proof(self, moment: datetime) -> ValidationContext:
        """Paths and dates only."""
        return ValidationContext(
            trust_roots=self.roots, other_certs=self.certificates, moment=moment, allow_fetching=False
        )

    def _context(self, moment: datetime, revocation_mode: str) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.roots,
            other_certs=self.certificates,
            ocsps=self.ocsps,
            crls=self.crls,
            moment=moment,
            allow_fetching=False,
            revocation_mode=revocation_mode,
            retroactive_revinfo=True,
        )
