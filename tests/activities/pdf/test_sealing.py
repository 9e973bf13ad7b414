import io
import logging
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms, x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from activities.pdf.sealing import seal
from activities.pdf.validation import validate
from models.validation import Level, Verdict
from tests.activities.pdf.documents import ENTERPRISE, PERSON, party, sample_base, sample_contract
from tests.activities.pdf.pki import TestPki


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Runs a tool of the system on files; skips where it is not installed."""

    def run_tool(*command: str, **files: bytes) -> str:
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run_tool


async def ades_results(data: bytes, roots: list[bytes]) -> list[object]:
    """pyHanko's own AdES verdicts, with its stock policy and with nothing fetched."""
    reader = PdfFileReader(io.BytesIO(data))
    anchors = SimpleTrustManager.build(trust_roots=[x509.Certificate.load(root) for root in roots])
    policy = CertValidationPolicySpec(trust_manager=anchors, revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO))
    local = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(policy, revinfo_gathering_policy=local))
    results: list[object] = []
    for signature in reader.embedded_regular_signatures:
        signature.compute_integrity_info(DEFAULT_DIFF_POLICY)
        assert signature.summarise_integrity_info()["docmdp_ok"]
        results.append((await ades_lta_validation(signature, spec)).ades_subindic)
    return results


async def test_each_partys_signature_passes_ades_lta_validation_with_local_data_only(
    contract: bytes, pki: TestPki
) -> None:
    assert await ades_results(contract, pki.roots) == [AdESPassed.OK, AdESPassed.OK]


def test_poppler_finds_every_signature_valid(contract: bytes, run: Callable[..., str]) -> None:
    told = run("pdfsig", "-nocert", "contract.pdf", **{"contract.pdf": contract})
    assert told.count("Signature is Valid.") == 2
    assert f"Common Name: {ENTERPRISE}" in told
    assert f"Common Name: {PERSON}" in told
    assert told.count("Signature Validation:") == 3  # the document timestamp is of a kind poppler does not verify
    assert "Total document signed" in told


def test_qpdf_finds_nothing_to_complain_about(contract: bytes, run: Callable[..., str]) -> None:
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", "c.pdf", **{"c.pdf": contract})


def test_openssl_verifies_the_cms_over_the_byte_range(contract: bytes, pki: TestPki, run: Callable[..., str]) -> None:
    signature = PdfFileReader(io.BytesIO(contract)).embedded_regular_signatures[0]
    _, gap, after, rest = signature.byte_range
    signed = contract[:gap] + contract[after : after + rest]
    root = run("openssl", "x509", "-inform", "DER", "-in", "root.der", **{"root.der": pki.root.der})
    told = run(
        *"openssl cms -verify -binary -inform DER -in s.der -content signed -CAfile root.pem -purpose any".split(),
        "-out", "copy", **{"s.der": signature.pkcs7_content, "signed": signed, "root.pem": root.encode()},
    )  # fmt: skip
    assert "successful" in told


def test_the_signatures_are_by_two_subjects_and_the_file_is_covered_to_its_end(contract: bytes, pki: TestPki) -> None:
    report = validate(contract, pki.roots)
    assert report.verdict is Verdict.VALID
    assert report.level is Level.LTA
    assert [signature.signer for signature in report.signatures] == [ENTERPRISE, PERSON]
    assert all(signature.covers_whole_file for signature in report.signatures)
    assert report.timestamps[0].covers_whole_file


def test_the_cms_has_what_pades_asks_and_no_signing_time(contract: bytes) -> None:
    for signature in PdfFileReader(io.BytesIO(contract)).embedded_regular_signatures:
        signer = cms.ContentInfo.load(signature.pkcs7_content)["content"]["signer_infos"][0]
        signed = {attribute["type"].native for attribute in signer["signed_attrs"]}
        assert signed == {
            "content_type", "message_digest", "signing_certificate_v2", "cms_algorithm_protection"
        }  # fmt: skip
        assert [attribute["type"].native for attribute in signer["unsigned_attrs"]] == ["signature_time_stamp_token"]


def test_the_dictionary_tells_name_reason_contact_and_time_in_chinese(pki: TestPki) -> None:
    moment = datetime(2031, 5, 6, 15, 8, 9, tzinfo=timezone(timedelta(hours=8)))
    first = party(pki, "party-a", pki.issue(ENTERPRISE), contact="法务部（样例）", signing_time=moment)
    second = party(pki, "party-b", pki.issue(PERSON))
    signed = seal(sample_base(), [first, second], pki.timestamp, pki.revocation(pki.timestamp_authority))
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        told = pdf.Root.AcroForm.Fields[0].V
        assert str(told.Name) == ENTERPRISE
        assert str(told.Reason) == "签署《样例采购合同》"
        assert str(told.ContactInfo) == "法务部（样例）"
        assert str(told.M) == "D:20310506070809Z"
        assert "/ContactInfo" not in pdf.Root.AcroForm.Fields[2].V


def test_an_rsa_key_signs_too(pki: TestPki, run: Callable[..., str]) -> None:
    holder = pki.issue(ENTERPRISE, key=rsa.generate_private_key(65537, 2048))
    parties = [party(pki, "party-a", holder), party(pki, "party-b", pki.issue(PERSON))]
    signed = seal(sample_base(), parties, pki.timestamp, pki.revocation(pki.timestamp_authority))
    assert validate(signed, pki.roots).level is Level.LTA
    told = run("pdfsig", "-nocert", "contract.pdf", **{"contract.pdf": signed})
    assert told.count("Signature is Valid.") == 2


def test_a_token_longer_than_expected_gets_its_room(pki: TestPki) -> None:
    asked = []

    def long_winded(digest: bytes) -> bytes:
        asked.append(digest)
        return pki.timestamp(digest, extra=[pki.issue("样" * 20).der for _ in range(10)])

    parties = [party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", pki.issue(PERSON))]
    signed = seal(sample_base(), parties, long_winded, pki.revocation(pki.timestamp_authority))
    assert validate(signed, pki.roots).level is Level.LTA
    assert len(asked) == 4  # the first one twice


def test_each_revision_keeps_all_bytes_before_it(contract: bytes) -> None:
    assert contract.startswith(sample_base())
    ends = [end.end() for end in re.finditer(rb"%%EOF\n", contract)]
    assert len(ends) == 5
    for end in ends:
        with pikepdf.open(io.BytesIO(contract[:end]), attempt_recovery=False) as pdf:
            assert len(pdf.pages) == 1


def test_other_signatures_than_the_base_waits_for_are_a_mistake_of_the_caller(pki: TestPki) -> None:
    one, other = party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", pki.issue(PERSON))
    for parties in ([one], [other, one], [one, other, other]):
        with pytest.raises(ValueError, match="waits"):
            seal(sample_base(), parties, pki.timestamp, pki.revocation(pki.timestamp_authority))


def test_a_key_of_another_certificate_is_a_mistake_of_the_caller(pki: TestPki) -> None:
    mixed = party(pki, "party-a", pki.issue(ENTERPRISE), key=pki.issue(PERSON).key)
    other = party(pki, "party-b", pki.issue(PERSON))
    with pytest.raises(ValueError, match="key"):
        seal(sample_base(), [mixed, other], pki.timestamp, pki.revocation(pki.timestamp_authority))


def test_a_failing_timestamp_authority_stops_the_sealing(pki: TestPki) -> None:
    def refuse(_: bytes) -> bytes:
        raise ConnectionError("no answer")

    parties = [party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", pki.issue(PERSON))]
    with pytest.raises(ConnectionError):
        seal(sample_base(), parties, refuse, pki.revocation(pki.timestamp_authority))


def test_names_of_people_are_not_logged(contract: bytes, pki: TestPki, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        validate(contract, [])
        sample_contract(pki)
        validate(contract, pki.roots)
    assert PERSON not in caplog.text
