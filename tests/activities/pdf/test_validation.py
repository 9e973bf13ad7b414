import io
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest

from activities.pdf.sealing import seal
from activities.pdf.trust import REASONS
from activities.pdf.validation import validate
from models.certificates import RevocationMaterial
from models.validation import Changes, Level, ValidationReport, Verdict
from models.wording import WORDS
from tests.activities.pdf.documents import ENTERPRISE, PERSON, make_pdf, party, sample_base, sample_contract
from tests.activities.pdf.pki import TestPki

NOTHING = RevocationMaterial(certificates=[], ocsps=[], crls=[])


def test_a_contract_is_told_party_by_party(contract: bytes, pki: TestPki) -> None:
    report = validate(contract, pki.roots)
    first, second = report.signatures
    assert (first.field, first.signer, first.issuer) == ("party-a", ENTERPRISE, "样例签发证书")
    assert (second.field, second.signer) == ("party-b", PERSON)
    assert first.serial != second.serial
    assert first.reason == "签署《样例采购合同》"
    assert first.intact
    assert first.trusted
    assert first.changes is Changes.SIGNATURES
    assert first.level is second.level is report.level is Level.LTA
    assert report.timestamps[0].authority == "样例时间戳"
    assert report.reasons == first.reasons == second.reasons == []
    assert ValidationReport.model_validate_json(report.model_dump_json()) == report


def test_the_signing_time_is_the_timestamps_not_the_claimed_one(pki: TestPki) -> None:
    early = party(pki, "party-a", pki.issue(ENTERPRISE), signing_time=pki.now - timedelta(days=99))
    parties = [early, party(pki, "party-b", pki.issue(PERSON))]
    signed = seal(sample_base(), parties, pki.timestamp, pki.revocation(pki.timestamp_authority))
    told = validate(signed, pki.roots).signatures[0].signed_at
    assert told is not None
    assert told >= pki.now


@pytest.mark.parametrize("document", [make_pdf(), sample_base()])
def test_a_document_nobody_signed_is_unsigned_or_shows_marks_nobody_signed_for(document: bytes, pki: TestPki) -> None:
    report = validate(document, pki.roots)
    drawn = document == sample_base()
    assert report.verdict is (Verdict.INVALID if drawn else Verdict.UNSIGNED)
    assert report.reasons == (["mark_without_signature", "rolled_back"] if drawn else [])
    assert report.signatures == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "not_a_pdf"), (b"\x00" * 5000, "not_a_pdf"), (b"PK\x03\x04", "not_a_pdf"), (b"%PDF-1.7\n", "unreadable")],
)
def test_what_is_no_readable_pdf_is_unreadable(data: bytes, reason: str, pki: TestPki) -> None:
    report = validate(data, pki.roots)
    assert report.verdict is Verdict.UNREADABLE
    assert report.reasons == [reason]


def test_an_encrypted_document_is_unreadable(pki: TestPki) -> None:
    with pikepdf.open(io.BytesIO(make_pdf())) as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    report = validate(out.getvalue(), pki.roots)
    assert (report.verdict, report.reasons) == (Verdict.UNREADABLE, ["encrypted"])


@pytest.mark.parametrize("roots", [[], TestPki(name="另一样例根证书").roots, TestPki().roots])
def test_an_intact_contract_of_an_unknown_issuer_is_not_trusted(contract: bytes, roots: list[bytes]) -> None:
    report = validate(contract, roots)
    assert report.verdict is Verdict.INVALID
    assert report.level is None
    for signature in report.signatures:
        assert signature.intact
        assert not signature.trusted
        assert "issuer_not_trusted" in signature.reasons or "certificate_chain_invalid" in signature.reasons


def test_a_certificate_that_has_expired_since_was_valid_when_it_signed() -> None:
    """A person's event certificate lives an hour; the contract holds for years."""
    pki = TestPki(now=datetime.now(UTC).replace(microsecond=0) - timedelta(days=2))
    event = pki.issue(PERSON, lifetime=timedelta(hours=1))
    parties = [party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", event)]
    proof = pki.revocation(pki.timestamp_authority)
    signed = seal(sample_base(), parties, lambda digest: pki.timestamp(digest, at=pki.now), proof)
    report = validate(signed, pki.roots)
    assert report.verdict is Verdict.VALID
    assert report.level is Level.LTA


def test_a_certificate_that_had_expired_when_it_signed_is_refused() -> None:
    pki = TestPki(now=datetime.now(UTC).replace(microsecond=0) - timedelta(days=2))
    expired = pki.issue(PERSON, lifetime=timedelta(hours=1))
    parties = [party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", expired)]
    report = validate(seal(sample_base(), parties, pki.timestamp, NOTHING), pki.roots)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].verdict is Verdict.VALID
    assert report.signatures[1].reasons == ["certificate_expired"]


def test_a_certificate_revoked_before_it_signed_is_refused(pki: TestPki) -> None:
    holder = pki.issue(ENTERPRISE)
    revoked = pki.revocation(holder, revoked_at=pki.now - timedelta(minutes=1))
    parties = [party(pki, "party-a", holder, revocation=revoked), party(pki, "party-b", pki.issue(PERSON))]
    report = validate(seal(sample_base(), parties, pki.timestamp, NOTHING), pki.roots)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].reasons == ["certificate_revoked"]
    assert report.signatures[1].verdict is Verdict.VALID


def test_without_proof_of_revocation_state_the_level_is_b_t(pki: TestPki) -> None:
    parties = [
        party(pki, "party-a", pki.issue(ENTERPRISE), revocation=NOTHING),
        party(pki, "party-b", pki.issue(PERSON)),
    ]
    report = validate(seal(sample_base(), parties, pki.timestamp, NOTHING), pki.roots)
    assert report.verdict is Verdict.VALID
    assert [signature.level for signature in report.signatures] == [Level.T, Level.LTA]
    assert report.level is Level.T


def test_a_timestamp_of_an_unknown_authority_is_refused(pki: TestPki) -> None:
    foreign = TestPki(name="另一样例根证书")
    parties = [party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", pki.issue(PERSON))]
    report = validate(seal(sample_base(), parties, foreign.timestamp, NOTHING), pki.roots)
    assert report.verdict is Verdict.INVALID
    assert all("timestamp_invalid" in signature.reasons for signature in report.signatures)
    assert "issuer_not_trusted" in report.timestamps[0].reasons


def test_a_certificate_for_other_use_is_refused(pki: TestPki) -> None:
    parties = [party(pki, "party-a", pki.issuing), party(pki, "party-b", pki.issue(PERSON))]
    report = validate(seal(sample_base(), parties, pki.timestamp, NOTHING), pki.roots)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].reasons == ["certificate_unsuitable"]


def test_a_contract_of_many_pages_is_judged_like_one(pki: TestPki) -> None:
    assert validate(sample_contract(pki, make_pdf(30)), pki.roots).level is Level.LTA


def test_every_reason_that_can_be_given_has_words() -> None:
    assert set(REASONS.values()) | {"certificate_chain_invalid", "timestamp_invalid"} <= WORDS.keys()
