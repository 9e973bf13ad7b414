import asyncio
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from sqlmodel import col, func, select

from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.certificate_authority.names import ENTERPRISE_POLICY, PERSON_POLICY
from models.certificates import (
    Certificate,
    CertificateContent,
    CertificateKind,
    CertificateState,
    IssuedCertificate,
)
from models.database import Database
from models.errors import CertificateReferenceReused, RequestInvalid, ResourceNotFound
from models.ids import new_id
from models.keyring import Keyring
from tests.running_pki import USCC, Pki, authority_over, openssl, verified


def now() -> datetime:
    return datetime.now(UTC)


async def enterprise(
    authority: CertificateAuthority, reference: str | None = None, name: str = "样例科技有限公司"
) -> IssuedCertificate:
    return await authority.issue_enterprise(
        reference or new_id("ref"), enterprise_id="ent_sample", name=name, uscc=USCC, now=now()
    )


async def person(
    authority: CertificateAuthority, reference: str | None = None, name: str = "张三样例"
) -> IssuedCertificate:
    return await authority.issue_person(reference or new_id("ref"), account_id="acc_sample", name=name, now=now())


def parsed(issued: IssuedCertificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(issued.der)


async def rows(database: Database, reference: str) -> list[Certificate]:
    async with database.transaction() as session:
        found = await session.exec(select(Certificate).where(Certificate.reference == reference))
        return list(found.all())


@pytest.mark.parametrize("issue", [enterprise, person])
async def test_openssl_accepts_the_chain_with_lists_of_every_level(
    pki: Pki, issue: type[enterprise], tmp_path: Path
) -> None:
    issued = await issue(pki.authority)
    result = await verified(pki, issued.der, tmp_path, "-purpose", "smimesign", "-policy_check")
    assert result.returncode == 0, result.stderr


async def test_an_enterprise_certificate_says_who_it_is_and_what_it_is_for(pki: Pki) -> None:
    issued = await enterprise(pki.authority)
    certificate = parsed(issued)
    named = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert named == {
        NameOID.COUNTRY_NAME: "CN",
        NameOID.ORGANIZATION_NAME: "样例科技有限公司",
        NameOID.ORGANIZATION_IDENTIFIER: f"NTRCN-{USCC}",
        NameOID.COMMON_NAME: "样例科技有限公司",
    }
    assert f"{certificate.serial_number:x}" == issued.serial
    assert issued.not_after - now() < timedelta(days=365)
    assert issued.not_after - now() > timedelta(days=364)
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (
        issued.not_before,
        issued.not_after,
    )
    read = certificate.extensions.get_extension_for_class
    assert read(x509.CertificatePolicies).value[0].policy_identifier == ENTERPRISE_POLICY
    usage = read(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert read(x509.BasicConstraints).value == x509.BasicConstraints(False, None)
    access = {entry.access_method: entry.access_location.value for entry in read(x509.AuthorityInformationAccess).value}
    assert access == {
        AuthorityInformationAccessOID.OCSP: f"{pki.url}/pki/ocsp",
        AuthorityInformationAccessOID.CA_ISSUERS: f"{pki.url}/pki/issuing.cer",
    }
    points = read(x509.CRLDistributionPoints).value
    assert [name.value for name in points[0].full_name or ()] == [f"{pki.url}/pki/issuing.crl"]
    issuing = x509.load_der_x509_certificate((await pki.authority.chain())[0])
    issuing_key = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
    assert read(x509.AuthorityKeyIdentifier).value.key_identifier == issuing_key


async def test_a_person_certificate_lives_an_hour_and_hides_all_but_the_name(pki: Pki) -> None:
    issued = await person(pki.authority)
    certificate = parsed(issued)
    assert [attribute.oid for attribute in certificate.subject] == [
        NameOID.COUNTRY_NAME,
        NameOID.SERIAL_NUMBER,
        NameOID.COMMON_NAME,
    ]
    pseudonym = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value
    assert "acc_sample" not in str(pseudonym)
    again = parsed(await person(pki.authority))
    assert again.subject == certificate.subject
    assert again.public_key() != certificate.public_key()
    assert timedelta(minutes=59) < issued.not_after - now() <= timedelta(hours=1)
    policy = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value[0]
    assert policy.policy_identifier == PERSON_POLICY


async def test_the_row_keeps_a_persons_name_sealed(pki: Pki) -> None:
    reference = new_id("ref")
    await person(pki.authority, reference, "李四样例")
    (row,) = await rows(pki.database, reference)
    assert row.personal is not None
    assert "李四样例".encode() not in row.personal
    assert "李四样例" not in row.model_dump_json(exclude={"personal"})


async def test_services_carry_exactly_their_one_purpose(pki: Pki) -> None:
    responder = (await pki.authority.signer(CertificateKind.OCSP, now())).certificate
    timestamps = (await pki.authority.signer(CertificateKind.TIMESTAMP, now())).certificate
    purposes = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(purposes.value) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    purposes = timestamps.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purposes.critical
    assert list(purposes.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


async def test_root_and_issuing_are_bounded_in_depth_and_time(pki: Pki) -> None:
    issuing, root = [x509.load_der_x509_certificate(der) for der in await pki.authority.chain()]
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    read = [c.extensions.get_extension_for_class(x509.BasicConstraints).value for c in (issuing, root)]
    assert read == [x509.BasicConstraints(True, 0), x509.BasicConstraints(True, 1)]
    assert (issuing.not_valid_after_utc - now()).days // 365 in (4, 5)
    assert (root.not_valid_after_utc - now()).days // 365 in (9, 10)


@pytest.mark.parametrize("length", [1, 21, 22, 63, 64, 65, 120])
async def test_names_of_every_allowed_length_are_whole_in_the_certificate(
    pki: Pki, length: int, tmp_path: Path
) -> None:
    name = ("样例科技（上海）有限公司" * 10)[:length]
    issued = await enterprise(pki.authority, name=name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library counts bytes where X.520 counts characters
        subject = parsed(issued).subject
    common = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    whole = [str(attribute.value) for attribute in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    whole += [str(attribute.value) for attribute in subject if attribute.oid.dotted_string == "2.5.4.13"]
    assert name in whole
    assert len(common) <= 64
    assert common == name or (common.endswith("…") and name.startswith(common[:-1]))
    result = await verified(pki, issued.der, tmp_path)
    assert result.returncode == 0, result.stderr
    shown = openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-subject", "-nameopt", "utf8,sep_multiline")
    assert name in shown.stdout.decode()


async def test_the_same_reference_gives_the_same_certificate(pki: Pki) -> None:
    reference = new_id("ref")
    first = await enterprise(pki.authority, reference)
    assert await enterprise(pki.authority, reference) == first
    assert len(await rows(pki.database, reference)) == 1


async def test_a_reference_of_another_subject_or_kind_is_refused(pki: Pki) -> None:
    reference = new_id("ref")
    await enterprise(pki.authority, reference)
    with pytest.raises(CertificateReferenceReused):
        await enterprise(pki.authority, reference, name="另一样例有限公司")
    with pytest.raises(CertificateReferenceReused):
        await person(pki.authority, reference)


async def test_twenty_racing_issues_take_twenty_serials(pki: Pki) -> None:
    issued = await asyncio.gather(*(person(pki.authority) for _ in range(20)))
    assert len({each.serial for each in issued}) == 20
    assert len({each.key_id for each in issued}) == 20


async def test_twenty_racing_issues_of_one_reference_agree_on_one_certificate(pki: Pki, keyring: Keyring) -> None:
    reference = new_id("ref")
    several = [authority_over(pki.database, keyring, pki.url) for _ in range(4)]
    issued = await asyncio.gather(*(person(several[i % 4], reference) for i in range(20)))
    assert len({each.der for each in issued}) == 1
    assert len(await rows(pki.database, reference)) == 1


class Killed(BaseException):
    """Stands for the process ending at this point."""


async def test_a_crash_after_the_intent_is_finished_with_the_same_serial_and_key(
    pki: Pki, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = new_id("ref")
    dying = authority_over(pki.database, keyring, pki.url)

    async def die(*_: object) -> Certificate:
        raise Killed

    monkeypatch.setattr(dying, "_sign", die)
    with pytest.raises(Killed):
        await person(dying, reference)
    (planned,) = await rows(pki.database, reference)
    assert planned.state == CertificateState.PLANNED
    with pytest.raises(ResourceNotFound):
        await pki.authority.revocation_material(planned.serial, now())

    issued = await person(pki.authority, reference)
    (finished,) = await rows(pki.database, reference)
    assert (issued.serial, issued.key_id) == (planned.serial, planned.key_id)
    assert (finished.not_before, finished.state) == (planned.not_before, CertificateState.ISSUED)


async def test_a_crash_after_signing_ends_in_the_very_same_bytes(
    pki: Pki, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = new_id("ref")
    dying = authority_over(pki.database, keyring, pki.url)
    lost: list[bytes] = []

    async def die(serial: str, content: CertificateContent) -> Certificate:
        lost.append(content.der)
        raise Killed(serial)

    await dying.establish()
    monkeypatch.setattr(dying.register, "store_issued", die)
    with pytest.raises(Killed):
        await person(dying, reference)
    assert (await person(pki.authority, reference)).der == lost[0]


async def test_an_intent_left_until_its_window_closed_gets_a_new_window(
    pki: Pki, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = new_id("ref")
    dying = authority_over(pki.database, keyring, pki.url)

    async def die(*_: object) -> Certificate:
        raise Killed

    monkeypatch.setattr(dying, "_sign", die)
    with pytest.raises(Killed):
        await person(dying, reference)
    (planned,) = await rows(pki.database, reference)
    later = now() + timedelta(hours=3)
    racing = [
        pki.authority.issue_person(
            reference, account_id="acc_sample", name="张三样例", now=later + timedelta(minutes=minutes)
        )
        for minutes in range(5)
    ]
    issued, *others = await asyncio.gather(*racing)
    assert others == [issued] * 4
    assert issued.serial == planned.serial
    assert parsed(issued).not_valid_after_utc == issued.not_after
    assert issued.not_before <= later + timedelta(minutes=4) < issued.not_after


async def test_racing_starts_establish_one_authority(empty_database: Database, keyring: Keyring) -> None:
    several = [authority_over(empty_database, keyring, "https://pki.example") for _ in range(10)]
    await asyncio.gather(*(each.establish() for each in several))
    async with empty_database.transaction() as session:
        counted = await session.exec(select(Certificate.kind, func.count()).group_by(col(Certificate.kind)))
        assert dict(counted.all()) == {"root": 1, "issuing": 1, "ocsp": 1, "timestamp": 1}
    assert len({tuple(await each.chain()) for each in several}) == 1


async def test_services_are_renewed_before_they_end_and_authorities_are_not(
    empty_database: Database, keyring: Keyring
) -> None:
    authority = authority_over(empty_database, keyring, "https://pki.example")
    await authority.establish()
    first = await authority.signer(CertificateKind.OCSP, now())
    assert await authority.signer(CertificateKind.OCSP, now() + timedelta(days=59)) is first
    second = await authority.signer(CertificateKind.OCSP, now() + timedelta(days=61))
    assert second.serial != first.serial
    assert second.key.public_key() != first.key.public_key()
    restarted = authority_over(empty_database, keyring, "https://pki.example")
    assert (await restarted.signer(CertificateKind.OCSP, now() + timedelta(days=61))).serial == second.serial
    issuing = await authority.signer(CertificateKind.ISSUING, now())
    assert await authority.signer(CertificateKind.ISSUING, now() + timedelta(days=1000)) is issuing


async def test_a_certificate_never_outlives_its_issuer(pki: Pki) -> None:
    issuing = await pki.authority.signer(CertificateKind.ISSUING, now())
    end = issuing.certificate.not_valid_after_utc
    issued = await pki.authority.issue_enterprise(
        new_id("ref"), enterprise_id="ent_sample", name="样例科技", uscc=USCC, now=end - timedelta(days=10)
    )
    assert issued.not_after == end


async def test_revocation_turns_openssls_answer_red(pki: Pki, tmp_path: Path) -> None:
    issued = await enterprise(pki.authority)
    assert (await verified(pki, issued.der, tmp_path)).returncode == 0
    await pki.authority.revoke(issued.serial, "keyCompromise", now())
    result = await verified(pki, issued.der, tmp_path)
    assert result.returncode != 0
    assert b"certificate revoked" in result.stderr


async def test_the_first_revocation_stands(pki: Pki) -> None:
    issued = await enterprise(pki.authority)
    at = now()
    await pki.authority.revoke(issued.serial, "superseded", at)
    await pki.authority.revoke(issued.serial, "keyCompromise", at + timedelta(hours=1))
    listed = x509.load_der_x509_crl(await pki.authority.crl(now()))
    entry = listed.get_revoked_certificate_by_serial_number(int(issued.serial, 16))
    assert entry is not None
    assert entry.revocation_date_utc == at.replace(microsecond=0)
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.superseded


async def test_what_was_never_issued_cannot_be_revoked(pki: Pki) -> None:
    with pytest.raises(ResourceNotFound):
        await pki.authority.revoke("5" * 40, "superseded", now())
    issued = await enterprise(pki.authority)
    for reason in ("certificateHold", "removeFromCRL", "whatever"):
        with pytest.raises(RequestInvalid):
            await pki.authority.revoke(issued.serial, reason, now())  # type: ignore[arg-type]


async def test_what_is_handed_out_survives_json(pki: Pki) -> None:
    issued = await enterprise(pki.authority)
    assert IssuedCertificate.model_validate_json(issued.model_dump_json()) == issued
