"""Enterprise verification from photographs to a verified enterprise, and every other way it can end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from local.visitor import Refused, waited
from models.enterprise_verification import EnterpriseVerification, ErasureReceipt
from models.enterprises import Enterprise, Member, UsccClaim
from models.seals import DEFAULT_SEAL_NAME, Seal
from models.uploads import Upload
from models.willingness import PHONE_CHECK_ASKS
from samples import facts
from tests.people import SAMPLES, Applicant
from tests.platform import Platform


def test_c10_the_photographs_fill_the_facts_in(platform: Platform) -> None:
    applicant = platform.applicant()
    opened = applicant.open_verification()
    assert (opened["state"], opened["waiting_for"]["who"]) == ("recognizing", "ocr")
    view = applicant.wait_for(opened["id"], "awaiting_confirmation")
    licence, portrait = view["subject"]["recognized"]["licence"], view["subject"]["recognized"]["portrait"]
    assert licence["name"]["value"] == facts.NAME
    assert licence["uscc"]["value"] == facts.USCC
    assert licence["legal_representative"]["value"] == facts.LEGAL_REPRESENTATIVE
    assert licence["term"]["value"] == facts.TERM
    assert portrait["number"]["value"] == facts.RESIDENT_ID
    assert [action["name"] for action in view["actions"]] == ["submit_materials", "confirm", "withdraw"]


def test_c10_what_cannot_be_read_at_all_is_typed_in(platform: Platform) -> None:
    applicant = platform.applicant()
    uploads = applicant.upload_materials()
    [licence] = platform.rows(select(Upload).where(Upload.id == uploads["licence"]))
    platform.run(platform.parts.store.delete(licence.storage_key))
    view = applicant.wait_for(applicant.open_verification(**uploads)["id"], "awaiting_confirmation")
    assert view["why_code"] == "recognition_unavailable"
    assert view["subject"]["recognized"]["licence"] is None
    assert applicant.act(view, "confirm", fields=applicant.fields())["state"] == "awaiting_method"


def test_e05_l09_a_proven_will_makes_certificate_seal_and_main_administrator(platform: Platform) -> None:
    applicant = platform.applicant()
    view = applicant.until_verified()
    shown = view["subject"]["enterprise"]
    assert (shown["name"], shown["uscc"]) == (applicant.enterprise.name, applicant.enterprise.uscc)
    assert view["actions"] == []
    [seal] = platform.rows(select(Seal).where(Seal.enterprise_id == shown["id"]))
    [member] = platform.rows(select(Member).where(Member.enterprise_id == shown["id"]))
    assert (seal.name, seal.status) == (DEFAULT_SEAL_NAME, "enabled")
    assert (member.account_id, member.role) == (applicant.account_id, "main_administrator")
    certificate = platform.run(platform.parts.certificate_authority.issued(shown["certificate_serial"]))
    assert certificate.not_after - certificate.not_before == pytest.approx(timedelta(days=365), abs=timedelta(days=1))


def test_c15_w04_seven_days_without_finishing_expire_and_erase_with_a_receipt(platform: Platform) -> None:
    applicant = platform.applicant()
    view = applicant.until_confirmed()
    platform.skip(view["id"], timedelta(days=6, hours=23))
    assert applicant.process(view["id"])["state"] == "awaiting_method"
    platform.skip(view["id"], timedelta(hours=2))
    ended = applicant.wait_for(view["id"], "expired")
    assert_erased(platform, applicant, ended)
    assert ended["why_code"] == "window_passed"


def test_c15_the_window_also_ends_a_check_that_was_begun(platform: Platform) -> None:
    applicant = platform.applicant()
    view, check = applicant.until_checking()
    platform.skip(check["id"], timedelta(days=8))
    platform.skip(view["id"], timedelta(days=8))
    applicant.wait_for(view["id"], "expired")
    assert applicant.process(check["id"])["state"] == "expired"


def test_e02_w04_a_withdrawal_erases_and_frees_the_code_for_another_account(platform: Platform) -> None:
    first = platform.applicant()
    view = first.until_confirmed()
    ended = first.act(view, "withdraw")
    assert ended["state"] == "withdrawn"
    assert_erased(platform, first, first.wait_for(view["id"], "withdrawn"))
    second = platform.applicant()
    second.enterprise, second.resident_id = first.enterprise, first.resident_id
    assert second.until_confirmed()["state"] == "awaiting_method"


def test_d03_a_withdrawal_during_the_check_ends_the_check_too(platform: Platform) -> None:
    applicant = platform.applicant()
    view, check = applicant.until_checking()
    applicant.act(view, "withdraw")
    assert applicant.wait_for(check["id"], "abandoned")["actions"] == []


def test_d03_another_persons_number_proves_nothing_and_is_asked_for_a_bounded_number_of_times(
    platform: Platform,
) -> None:
    applicant = platform.applicant()
    view, check = applicant.until_checking()
    path = f"/v1/phone-checks/{check['id']}/send-code"

    def ask(number: int) -> dict[str, Any]:
        headers = {"Idempotency-Key": f"{check['id']}-{number}"}
        answer: dict[str, Any] = applicant.api.post(path, json={"mobile": applicant.mobile}, headers=headers).json()
        return answer

    refused = [ask(number).get("code") for number in range(PHONE_CHECK_ASKS)]
    assert set(refused) == {"phone_not_owned_by_legal_representative"}
    assert applicant.process(check["id"])["state"] == "awaiting_mobile"
    assert ask(PHONE_CHECK_ASKS)["state"] == "failed"
    view = applicant.wait_for(view["id"], "awaiting_method")
    assert view["why_code"] == "phone_check_failed"


def test_e02_the_second_claimant_is_told_who_holds_it_masked(platform: Platform) -> None:
    first, second = platform.applicant(), platform.applicant()
    first.until_confirmed()
    second.enterprise, second.resident_id = first.enterprise, first.resident_id
    view = second.wait_for(second.open_verification()["id"], "awaiting_confirmation")
    with pytest.raises(Refused, match="enterprise_already_claimed") as refused:
        second.act(view, "confirm", fields=second.fields())
    assert f"{first.mobile[:3]}****{first.mobile[-4:]}" in str(refused.value)
    assert first.mobile not in str(refused.value)
    assert second.process(view["id"])["state"] == "awaiting_confirmation"


def test_e01_of_twenty_racing_claims_of_one_code_one_wins(platform: Platform) -> None:
    first = platform.applicant()
    rivals = [first, *(platform.applicant() for _ in range(19))]
    views = []
    for rival in rivals:
        rival.enterprise, rival.resident_id = first.enterprise, first.resident_id
        views.append(rival.wait_for(rival.open_verification()["id"], "awaiting_confirmation"))

    def claim(pair: tuple[Applicant, dict[str, Any]]) -> tuple[int, str]:
        rival, view = pair
        path = f"/v1/enterprise-verifications/{view['id']}/confirm"
        answer = rival.api.post(path, json={"fields": rival.fields()})
        return answer.status_code, answer.json().get("code") or answer.json()["state"]

    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(claim, zip(rivals, views, strict=True)))
    assert answers.count((200, "awaiting_method")) == 1
    assert answers.count((409, "enterprise_already_claimed")) == 19


def test_c07_swapped_sides_are_told_and_can_be_put_right(platform: Platform) -> None:
    applicant = platform.applicant()
    uploads = applicant.upload_materials()
    swapped = {
        "licence": uploads["licence"],
        "id_portrait": applicant.upload(sample("id_emblem"), "id_portrait"),
        "id_emblem": applicant.upload(sample("id_portrait"), "id_emblem"),
    }
    view = applicant.wait_for(applicant.open_verification(**swapped)["id"], "awaiting_materials")
    assert view["why_code"] == "sides_swapped"
    applicant.act(view, "submit_materials", **uploads)
    assert applicant.wait_for(view["id"], "awaiting_confirmation")["why_code"] is None


def test_c05_a_picture_that_is_no_licence_is_told(platform: Platform) -> None:
    applicant = platform.applicant()
    uploads = applicant.upload_materials() | {"licence": applicant.upload(sample("id_portrait"), "licence")}
    view = applicant.wait_for(applicant.open_verification(**uploads)["id"], "awaiting_materials")
    assert view["why_code"] == "upload_of_other_kind"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "样例 00000000科技有限公司"}, "enterprise_facts_differ"),
        ({"legal_representative": "赵样例"}, "enterprise_facts_differ"),
        ({"uscc": "91990000MACANCE111"}, "enterprise_not_active"),
        ({"uscc": "91990000MADWN0001E"}, "provider_unavailable"),
    ],
)
def test_c12_the_registry_wins_to_the_letter(platform: Platform, change: dict[str, str], code: str) -> None:
    applicant = platform.applicant()
    view = applicant.wait_for(applicant.open_verification()["id"], "awaiting_confirmation")
    answer = applicant.api.post(
        f"/v1/enterprise-verifications/{view['id']}/confirm", json={"fields": applicant.fields() | change}
    )
    assert answer.json()["code"] == code
    assert applicant.process(view["id"])["state"] == "awaiting_confirmation"
    assert applicant.act(view, "confirm", fields=applicant.fields())["state"] == "awaiting_method"


def test_n04_a_name_no_seal_can_carry_is_refused_while_the_applicant_can_act(platform: Platform) -> None:
    applicant = platform.applicant(name="样例" * 30)
    view = applicant.wait_for(applicant.open_verification()["id"], "awaiting_confirmation")
    path = f"/v1/enterprise-verifications/{view['id']}/confirm"
    answer = applicant.api.post(path, json={"fields": applicant.fields()})
    assert (answer.status_code, answer.json()["code"]) == (422, "seal_text_invalid")
    assert applicant.process(view["id"])["state"] == "awaiting_confirmation"


def test_an_act_in_the_wrong_state_is_a_conflict_that_lists_what_is_possible(platform: Platform) -> None:
    applicant = platform.applicant()
    view = applicant.until_confirmed()
    answer = applicant.api.post(
        f"/v1/enterprise-verifications/{view['id']}/confirm", json={"fields": applicant.fields()}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "event_not_allowed")
    assert answer.json()["allowed"] == ["choose_method", "withdraw"]


def test_a_finished_process_takes_no_act_any_more(platform: Platform) -> None:
    applicant = platform.applicant()
    view = applicant.until_confirmed()
    applicant.act(view, "withdraw")
    answer = applicant.api.post(f"/v1/enterprise-verifications/{view['id']}/withdraw")
    assert (answer.status_code, answer.json()["allowed"]) == (409, [])


def test_another_account_cannot_tell_that_it_exists(platform: Platform) -> None:
    applicant, stranger = platform.applicant(), platform.visitor("陌生样例")
    view = applicant.until_confirmed()
    for method, path in [
        ("GET", f"/v1/processes/{view['id']}"),
        ("GET", f"/v1/processes/{view['id']}/events"),
        ("POST", f"/v1/enterprise-verifications/{view['id']}/withdraw"),
    ]:
        assert stranger.api.request(method, path).status_code == 404


def test_c13_without_consent_nothing_starts(platform: Platform) -> None:
    applicant = platform.applicant()
    answer = applicant.api.post("/v1/enterprise-verifications", json=applicant.upload_materials() | {"consents": []})
    assert (answer.status_code, answer.json()["code"]) == (422, "consent_missing")


def test_the_events_of_a_process_are_followed_to_its_end(platform: Platform) -> None:
    applicant = platform.applicant()
    view = applicant.until_confirmed()
    applicant.act(view, "withdraw")
    with applicant.api.stream("GET", f"/v1/processes/{view['id']}/events/stream") as stream:
        events = [line.removeprefix("event: ") for line in stream.iter_lines() if line.startswith("event: ")]
    assert events == ["open", "recognize", "confirm", "withdraw"]


def sample(name: str) -> Any:
    return SAMPLES / f"{name}.jpg"


def assert_erased(platform: Platform, applicant: Any, view: dict[str, Any]) -> None:
    """Nothing of what was submitted is left, but a receipt (W04)."""

    def erased() -> EnterpriseVerification | None:
        [row] = platform.rows(select(EnterpriseVerification).where(EnterpriseVerification.process_id == view["id"]))
        return row if row.erased_at else None

    row = waited(erased, 10, "nothing was erased")
    assert row.personal is None
    for kind in ("licence", "id_portrait", "id_emblem"):
        [upload] = platform.rows(select(Upload).where(Upload.id == getattr(row, kind)))
        assert upload.erased_at is not None
        assert not platform.run(platform.parts.store.exists(upload.storage_key))
    [receipt] = platform.rows(select(ErasureReceipt).where(ErasureReceipt.process_id == view["id"]))
    assert len(receipt.erased) == 4
    claims = platform.rows(select(UsccClaim).where(UsccClaim.process_id == view["id"]))
    assert all(claim.released_at for claim in claims)
    assert platform.rows(select(Enterprise).where(Enterprise.process_id == view["id"])) == []
    assert applicant.process(view["id"])["subject"]["erasure_receipt"] == receipt.id
