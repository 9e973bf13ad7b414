"""The contract as the product seals it: certificates, revocation data and timestamps of our own authority."""

import asyncio

import pytest

from activities.pdf.sealing import PartySignature, seal
from activities.pdf.validation import validate
from activities.providers.timestamp import TimestampClient
from models.certificates import IssuedCertificate
from models.database import utc_now
from models.validation import Level, Verdict
from tests.activities.pdf.documents import ENTERPRISE, PERSON, sample_base
from tests.activities.pdf.test_sealing import ades_results
from tests.running_pki import USCC, Pki, pki

__all__ = ["pki"]


async def signature(authority: Pki, field_name: str, issued: IssuedCertificate, name: str) -> PartySignature:
    certificates = authority.authority
    return PartySignature(
        field_name=field_name,
        certificate=issued.der,
        chain=await certificates.chain(),
        key=await certificates.keys.load(issued.key_id),
        revocation=await certificates.revocation_material(issued.serial, utc_now()),
        name=name,
        reason="签署合同",
        signing_time=utc_now(),
    )


@pytest.fixture
async def sealed(pki: Pki) -> bytes:
    issue, now = pki.authority, utc_now()
    enterprise = await issue.issue_enterprise("pdf-e", enterprise_id="ent_1", name=ENTERPRISE, uscc=USCC, now=now)
    person = await issue.issue_person("pdf-p", account_id="acc_1", name=PERSON, now=now)
    parties = [
        await signature(pki, "party-a", enterprise, ENTERPRISE),
        await signature(pki, "party-b", person, PERSON),
    ]
    client = TimestampClient(f"{pki.url}/pki/timestamp")
    proof = await issue.timestamp_revocation_material(utc_now())
    return await asyncio.to_thread(seal, sample_base(), parties, client.token, proof)


async def test_it_is_b_lta_for_us_and_passes_ades_lta_validation(sealed: bytes, pki: Pki) -> None:
    root = (await pki.authority.chain())[-1]
    report = await asyncio.to_thread(validate, sealed, [root])
    assert report.verdict is Verdict.VALID, report
    assert report.level is Level.LTA
    assert [one.signer for one in report.signatures] == [ENTERPRISE, PERSON]
    assert {str(result) for result in await ades_results(sealed, [root])} == {"AdESPassed.OK"}
