"""A contract from draft to evidence, and every other way it can end."""

import hashlib
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from local.visitor import Visitor, waited
from models.certificates import Certificate
from models.contract_signing import Consent, Contract, SignatureIntent
from models.evidence import Evidence
from models.processes import ProcessEvent
from samples.files import CONTRACT
from tests.people import PERSON, Applicant, person_party
from tests.platform import Platform


@pytest.fixture(scope="session")
def sender(platform: Platform) -> Applicant:
    """One verified enterprise for the whole session."""
    applicant = platform.applicant()
    applicant.until_verified()
    return applicant


@pytest.fixture
def person(platform: Platform) -> Visitor:
    return platform.visitor(PERSON)


def drafted(sender: Applicant, person: Visitor) -> dict[str, Any]:
    return sender.draft([sender.as_party(), person_party(person)])


def consent_of(platform: Platform, party: Visitor, contract_id: str) -> dict[str, Any]:
    """What the party sends to consent, the contract opened and the code received."""
    view = party.wait_for(contract_id, "signing")
    view = party.act(view, "open")
    platform.forget_quota(party)
    challenge, code = party.receive_code("sign_contract", subject=contract_id)
    return {"challenge_id": challenge, "code": code, "document_sha256": view["subject"]["document_sha256"]}


def consents(platform: Platform, party: Visitor, contract_id: str) -> dict[str, Any]:
    content = consent_of(platform, party, contract_id)
    return party.post(f"/v1/contracts/{contract_id}/consent", **content)


def texts_to(party: Visitor) -> list[str]:
    return [message["text"] for message in party.simulator.get(f"/inbox/{party.mobile}").json()]


def test_q03_f08_two_consents_make_one_contract_signed_by_both(
    platform: Platform, sender: Applicant, person: Visitor
) -> None:
    draft = drafted(sender, person)
    assert (draft["state"], [action["name"] for action in draft["actions"]]) == ("drafting", ["send", "withdraw"])
    sender.act(draft, "send")
    waited(lambda: any(draft["id"] in text for text in texts_to(person)) or None, 20, "no link came")
    consents(platform, sender, draft["id"])
    assert person.process(draft["id"])["state"] == "signing"
    consents(platform, person, draft["id"])
    view = person.wait_for(draft["id"], "completed")
    file = person.get_bytes(f"/v1/contracts/{draft['id']}/file")
    assert hashlib.sha256(file).hexdigest() == view["subject"]["sealed_sha256"]
    report = person.validate_bytes(file)
    assert (report["verdict"], report["level"]) == ("valid", "B-LTA")
    assert [signature["signer"] for signature in report["signatures"]] == [sender.enterprise.name, PERSON]
    assert len({signature["serial"] for signature in report["signatures"]}) == 2
    assert person.get_bytes(f"/v1/contracts/{draft['id']}/pages/2.png").startswith(b"\x89PNG")


def test_s01_a_completed_contract_leaves_evidence_that_matches_its_file_alone(
    platform: Platform, sender: Applicant, person: Visitor
) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    consents(platform, sender, draft["id"])
    consents(platform, person, draft["id"])
    view = sender.wait_for(draft["id"], "completed")
    number = view["subject"]["evidence_number"]
    evidence = sender.get(f"/v1/evidence/{number}")
    assert evidence["document_sha256"] == view["subject"]["sealed_sha256"]
    assert [event["event"] for event in evidence["manifest"]["events"]][-1] == "consent"
    right = {"number": number, "kind": "file", "content": view["subject"]["sealed_sha256"]}
    assert sender.post("/v1/evidence-checks", **right)["matches"] is True
    assert sender.post("/v1/evidence-checks", **right | {"content": "0" * 64})["matches"] is False


def test_two_last_consents_at_the_same_moment_seal_once(platform: Platform, sender: Applicant, person: Visitor) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    ready = {party: consent_of(platform, party, draft["id"]) for party in (sender, person)}
    threads = [
        threading.Thread(target=party.post, args=(f"/v1/contracts/{draft['id']}/consent",), kwargs=content)
        for party, content in ready.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sender.wait_for(draft["id"], "completed")
    events = [
        event.event for event in platform.rows(select(ProcessEvent).where(ProcessEvent.process_id == draft["id"]))
    ]
    assert (events.count("consent"), events.count("complete")) == (2, 1)
    assert len(platform.rows(select(Evidence).where(Evidence.contract_id == draft["id"]))) == 1
    intents = platform.rows(select(SignatureIntent).where(SignatureIntent.contract_id == draft["id"]))
    [contract] = platform.rows(select(Contract).where(Contract.id == draft["id"]))
    assert {intent.signed_sha256 for intent in intents} == {contract.sealed_sha256}
    references = [f"{intent.party_id}-1" for intent in intents]
    assert len(platform.rows(select(Certificate).where(Certificate.reference.in_(references)))) == 1  # type: ignore[attr-defined]


def test_q07_a_return_with_a_reason_ends_the_signing_and_is_told(
    platform: Platform, sender: Applicant, person: Visitor
) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    consents(platform, sender, draft["id"])
    view = person.post(f"/v1/contracts/{draft['id']}/return", reason="金额有误")
    assert (view["state"], view["subject"]["return_reason"]) == ("returned", "金额有误")
    assert platform.rows(select(SignatureIntent).where(SignatureIntent.contract_id == draft["id"])) == []
    waited(lambda: any("金额有误" in text for text in texts_to(sender)) or None, 20, "the sender was not told")


def test_p07_the_sender_withdraws_and_no_consent_is_taken_any_more(
    platform: Platform, sender: Applicant, person: Visitor
) -> None:
    draft = drafted(sender, person)
    view = sender.act(draft, "send")
    content = consent_of(platform, person, draft["id"])
    assert sender.act(view, "withdraw")["state"] == "withdrawn"
    answer = person.api.post(
        f"/v1/contracts/{draft['id']}/consent", json=content, headers={"Idempotency-Key": "consent-too-late"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "event_not_allowed")


def test_t04_the_signing_deadline_expires_the_contract(platform: Platform, sender: Applicant, person: Visitor) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    consents(platform, sender, draft["id"])
    platform.skip(draft["id"], timedelta(days=29, hours=23))
    assert sender.process(draft["id"])["state"] == "signing"
    platform.skip(draft["id"], timedelta(hours=2))
    assert sender.wait_for(draft["id"], "expired")["why_code"] == "deadline_passed"


def test_t04_a_draft_nobody_sent_expires_too(platform: Platform, sender: Applicant, person: Visitor) -> None:
    draft = drafted(sender, person)
    platform.skip(draft["id"], timedelta(days=31))
    sender.wait_for(draft["id"], "expired")
    assert not any(draft["id"] in text for text in texts_to(person))


def test_a_draft_is_nobodys_but_its_senders(platform: Platform, sender: Applicant, person: Visitor) -> None:
    draft = drafted(sender, person)
    for path in ("", "/file", "/pages/1.png"):
        assert person.api.get(f"/v1/contracts/{draft['id']}{path}").status_code == 404
    stranger = platform.visitor("陌生样例")
    sender.act(draft, "send")
    assert stranger.api.get(f"/v1/contracts/{draft['id']}/file").status_code == 404


def test_q02_consent_comes_after_reading(platform: Platform, sender: Applicant, person: Visitor) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    platform.forget_quota(person)
    challenge, code = person.receive_code("sign_contract", subject=draft["id"])
    answer = person.api.post(
        f"/v1/contracts/{draft['id']}/consent",
        json={"challenge_id": challenge, "code": code, "document_sha256": draft["subject"]["document_sha256"]},
        headers={"Idempotency-Key": f"unread-{challenge}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "contract_not_opened")


def test_q03_consent_holds_for_the_bytes_and_places_read_and_no_others(
    platform: Platform, sender: Applicant, person: Visitor
) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    right = consent_of(platform, person, draft["id"])
    wrong = [
        (right | {"document_sha256": "0" * 64}, "document_replaced"),
        (right | {"placements": [{"page": 1, "x": 10, "y": 10}]}, "placements_differ"),
        (right | {"code": f"{(int(right['code']) + 1) % 10**6:06d}"}, "code_wrong"),
    ]
    for number, (content, code) in enumerate(wrong):
        answer = person.api.post(
            f"/v1/contracts/{draft['id']}/consent",
            json=content,
            headers={"Idempotency-Key": f"wrong-{number}-{draft['id']}"},
        )
        assert answer.json()["code"] == code
    assert platform.rows(select(Consent).where(Consent.contract_id == draft["id"])) == []
    person.post(f"/v1/contracts/{draft['id']}/consent", **right)
    assert person.process(draft["id"])["state"] == "signing"


def test_q03_a_code_for_one_contract_does_not_sign_another(
    platform: Platform, sender: Applicant, person: Visitor
) -> None:
    first, second = drafted(sender, person), drafted(sender, person)
    for draft in (first, second):
        sender.act(draft, "send")
    for_first = consent_of(platform, person, first["id"])
    person.act(person.process(second["id"]), "open")
    answer = person.api.post(
        f"/v1/contracts/{second['id']}/consent",
        json=for_first,
        headers={"Idempotency-Key": f"crossed-{second['id']}"},
    )
    assert answer.json()["code"] == "code_wrong"


def test_e06_a_person_of_another_name_cannot_consent(platform: Platform, sender: Applicant) -> None:
    other = platform.visitor("赵样例")
    draft = drafted(sender, other)
    sender.act(draft, "send")
    content = consent_of(platform, other, draft["id"])
    answer = other.api.post(
        f"/v1/contracts/{draft['id']}/consent", json=content, headers={"Idempotency-Key": f"name-{draft['id']}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "party_name_differs")


def test_q09_a_completed_contract_says_so(platform: Platform, sender: Applicant, person: Visitor) -> None:
    draft = drafted(sender, person)
    sender.act(draft, "send")
    consents(platform, sender, draft["id"])
    consents(platform, person, draft["id"])
    person.wait_for(draft["id"], "completed")
    answer = person.api.post(f"/v1/contracts/{draft['id']}/return", json={"reason": "晚了"})
    assert (answer.status_code, answer.json()["code"]) == (409, "contract_complete")
    assert answer.json()["detail"].startswith("合同完成状态-当前用户不允许签署操作")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"deadline": "2020-01-01T00:00:00+08:00"}, 422, "deadline_invalid"),
        ({"deadline": "2099-01-01T00:00:00+08:00"}, 422, "deadline_invalid"),
        ({"parties": []}, 422, "request_invalid"),
        ({"title": ""}, 422, "request_invalid"),
        ({"document": "upl_" + "0" * 32}, 404, "resource_not_found"),
    ],
)
def test_a_contract_that_could_not_be_signed_is_refused_at_once(
    sender: Applicant, person: Visitor, change: dict[str, Any], status: int, code: str
) -> None:
    parties = [sender.as_party(), person_party(person)]
    document = sender.upload(CONTRACT, "contract_document")
    content = {"title": "样例", "document": document, "parties": parties} | change
    answer = sender.api.post("/v1/contracts", json=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_e07_a_wrong_enterprise_name_is_found_before_sending(sender: Applicant) -> None:
    wrong = sender.as_party(name=sender.enterprise.name + "分公司")
    document = sender.upload(CONTRACT, "contract_document")
    answer = sender.api.post("/v1/contracts", json={"title": "样例", "document": document, "parties": [wrong]})
    assert (answer.status_code, answer.json()["code"]) == (422, "parties_invalid")


def test_only_a_verified_enterprise_sends(platform: Platform, person: Visitor) -> None:
    document = person.upload(CONTRACT, "contract_document")
    content = {"title": "样例", "document": document, "parties": [person_party(person)]}
    answer = person.api.post("/v1/contracts", json=content)
    assert (answer.status_code, answer.json()["code"]) == (403, "enterprise_not_verified")
    assert platform.rows(select(Contract).where(Contract.sender_account == person.account_id)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fields": [{"page": 2, "x": 30, "y": 450}]}, "placement_outside_page"),
        ({"fields": [{"page": 3, "x": 150, "y": 450}]}, "placement_outside_page"),
    ],
)
def test_a_mark_that_would_not_fit_is_refused_when_drafting_and_not_when_sealing(
    sender: Applicant, change: dict[str, Any], code: str
) -> None:
    document = sender.upload(CONTRACT, "contract_document")
    content = {"title": "样例", "document": document, "parties": [sender.as_party(**change)]}
    answer = sender.api.post("/v1/contracts", json=content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_name_that_cannot_be_drawn_is_refused_when_drafting_and_not_when_sealing(
    sender: Applicant, person: Visitor
) -> None:
    document = sender.upload(CONTRACT, "contract_document")
    parties = [sender.as_party(), person_party(person) | {"name": "样\U0001f600例"}]
    answer = sender.api.post("/v1/contracts", json={"title": "样例", "document": document, "parties": parties})
    assert (answer.status_code, answer.json()["code"]) == (422, "glyph_missing")
