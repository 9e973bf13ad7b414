"""The material, judged by pyHanko's AdES validation as an archived contract is: no network, every proof required."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import crl, keys, ocsp, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.ades.report import AdESPassed, AdESStatus, AdESSubIndic
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleCertificateStore, SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from activities.providers.timestamp import TimestampAuthority
from models.certificates import CertificateKind, IssuedCertificate, RevocationMaterial
from models.errors import ResourceNotFound
from models.ids import new_id
from tests.running_pki import USCC, Pki


class OurTimestamps(TimeStamper):
    """pyHanko's requests, answered by the authority under test without a network."""

    def __init__(self, authority: TimestampAuthority) -> None:
        super().__init__()
        self.authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(await self.authority.respond(req.dump()))


def now() -> datetime:
    return datetime.now(UTC)


async def sealed(
    pki: Pki,
    issued: IssuedCertificate,
    material: RevocationMaterial,
    of_stamps: RevocationMaterial | None = None,
) -> bytes:
    """A page signed at B-LTA: signature with timestamp and material in one revision, then a document timestamp."""
    page = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(page)
    stamps = OurTimestamps(pki.timestamps)
    private = (await pki.authority.keys.load(issued.key_id)).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    store = SimpleCertificateStore()
    store.register_multiple(x509.Certificate.load(der) for der in material.certificates)
    signer = signers.SimpleSigner(
        x509.Certificate.load(issued.der), keys.PrivateKeyInfo.load(private), cert_registry=store
    )
    writer = IncrementalPdfFileWriter(page)
    of_stamps = of_stamps or await pki.authority.timestamp_revocation_material(now())
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(der) for der in material.certificates + of_stamps.certificates],
        ocsps=[ocsp.OCSPResponse.load(der) for der in material.ocsps + of_stamps.ocsps],
        crls=[crl.CertificateList.load(der) for der in material.crls + of_stamps.crls],
    )
    settings = signers.PdfSignatureMetadata(field_name="Party", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    signed = await signers.async_sign_pdf(writer, settings, signer, timestamper=stamps)
    stamped = await signers.PdfTimeStamper(stamps).async_timestamp_pdf(IncrementalPdfFileWriter(signed), "sha256")
    return bytes(stamped.getvalue())


async def judged(
    pki: Pki, document: bytes, at: datetime | None = None, fresh: RevocationMaterial | None = None
) -> tuple[AdESStatus, AdESSubIndic | None]:
    _, root = await pki.authority.chain()
    policy = CertValidationPolicySpec(
        SimpleTrustManager.build([x509.Certificate.load(root)]), CertRevTrustPolicy(REQUIRE_REVINFO)
    )
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    known = known_of(fresh) if fresh else LocalKnowledge()
    specification = PdfSignatureValidationSpec(SignatureValidationSpec(policy, offline, policy, local_knowledge=known))
    (embedded, *_) = PdfFileReader(BytesIO(document)).embedded_regular_signatures
    moment = at or now()
    timing = ValidationTimingInfo(moment, moment, point_in_time_validation=False)
    result = await ades_lta_validation(embedded, specification, timing)
    return result.ades_subindic.status, result.ades_subindic


def known_of(material: RevocationMaterial) -> LocalKnowledge:
    answers = [ocsp.OCSPResponse.load(der) for der in material.ocsps]
    return LocalKnowledge(
        known_ocsps=[each for answer in answers for each in OCSPContainer.load_multi(answer)],
        known_crls=[CRLContainer(crl.CertificateList.load(der)) for der in material.crls],
        known_certs=[x509.Certificate.load(der) for der in material.certificates],
    )


async def enterprise(pki: Pki) -> IssuedCertificate:
    return await pki.authority.issue_enterprise(
        new_id("ref"), enterprise_id="ent_sample", name="样例科技有限公司", uscc=USCC, now=now()
    )


async def person(pki: Pki) -> IssuedCertificate:
    return await pki.authority.issue_person(new_id("ref"), account_id="acc_sample", name="张三样例", now=now())


async def test_an_enterprise_signature_is_provable_offline(pki: Pki) -> None:
    issued = await enterprise(pki)
    material = await pki.authority.revocation_material(issued.serial, now())
    assert (await judged(pki, await sealed(pki, issued, material)))[1] is AdESPassed.OK


@pytest.mark.parametrize("later", [timedelta(days=2), timedelta(days=300), timedelta(days=700)])
async def test_a_person_signature_is_provable_after_its_certificate_and_its_proofs_ended(
    pki: Pki, later: timedelta
) -> None:
    issued = await person(pki)
    document = await sealed(pki, issued, await pki.authority.revocation_material(issued.serial, now()))
    assert (await judged(pki, document))[1] is AdESPassed.OK
    # The last timestamp is always judged at present, by a status of the present.
    stamping = await pki.authority.signer(CertificateKind.TIMESTAMP, now())
    fresh = await pki.authority.revocation_material(stamping.serial, now() + later)
    assert (await judged(pki, document, now() + later, fresh))[1] is AdESPassed.OK


async def test_a_certificate_revoked_before_it_signed_is_refused(pki: Pki) -> None:
    issued = await enterprise(pki)
    await pki.authority.revoke(issued.serial, "keyCompromise", now())
    material = await pki.authority.revocation_material(issued.serial, now())
    status, _ = await judged(pki, await sealed(pki, issued, material))
    assert status is not AdESStatus.PASSED


@pytest.mark.parametrize("missing", ["ocsps", "crls"])
async def test_each_part_of_the_material_is_needed(pki: Pki, missing: str) -> None:
    issued = await enterprise(pki)
    holder = await pki.authority.revocation_material(issued.serial, now())
    stamps = await pki.authority.timestamp_revocation_material(now())
    complete = await sealed(pki, issued, holder, stamps)
    assert (await judged(pki, complete))[0] is AdESStatus.PASSED
    lacking = await sealed(
        pki, issued, holder.model_copy(update={missing: []}), stamps.model_copy(update={missing: []})
    )
    assert (await judged(pki, lacking))[0] is not AdESStatus.PASSED


async def test_material_of_an_unknown_serial_is_not_found(pki: Pki) -> None:
    with pytest.raises(ResourceNotFound):
        await pki.authority.revocation_material("5" * 40, now())
