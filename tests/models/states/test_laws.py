"""Every machine against its whole table: what is listed follows, everything else is refused."""

from typing import Any

import pytest
from statemachine.exceptions import TransitionNotAllowed

from models.states import LAWS, acts_in, fire, is_final

VERIFICATION = {
    ("recognizing", "recognize"): "awaiting_confirmation",
    ("recognizing", "ask_materials"): "awaiting_materials",
    ("recognizing", "expire"): "expired",
    ("recognizing", "withdraw"): "withdrawn",
    ("awaiting_materials", "submit_materials"): "recognizing",
    ("awaiting_materials", "expire"): "expired",
    ("awaiting_materials", "withdraw"): "withdrawn",
    ("awaiting_confirmation", "submit_materials"): "recognizing",
    ("awaiting_confirmation", "confirm"): "awaiting_method",
    ("awaiting_confirmation", "expire"): "expired",
    ("awaiting_confirmation", "withdraw"): "withdrawn",
    ("awaiting_method", "choose_method"): "checking_willingness",
    ("awaiting_method", "expire"): "expired",
    ("awaiting_method", "withdraw"): "withdrawn",
    ("checking_willingness", "prove_willingness"): "issuing_certificate",
    ("checking_willingness", "fail_willingness"): "awaiting_method",
    ("checking_willingness", "expire"): "expired",
    ("checking_willingness", "withdraw"): "withdrawn",
    ("issuing_certificate", "issue_certificate"): "verified",
}
PHONE_CHECK = {
    ("awaiting_mobile", "send_code"): "awaiting_code",
    ("awaiting_mobile", "fail"): "failed",
    ("awaiting_mobile", "abandon"): "abandoned",
    ("awaiting_mobile", "expire"): "expired",
    ("awaiting_code", "send_code"): "awaiting_code",
    ("awaiting_code", "submit_code"): "proven",
    ("awaiting_code", "fail"): "failed",
    ("awaiting_code", "abandon"): "abandoned",
    ("awaiting_code", "expire"): "expired",
}
SIGNING = {
    ("drafting", "send"): "signing",
    ("drafting", "withdraw"): "withdrawn",
    ("drafting", "expire"): "expired",
    ("signing", "open"): "signing",
    ("signing", "consent"): "signing",
    ("signing", "return"): "returned",
    ("signing", "withdraw"): "withdrawn",
    ("signing", "expire"): "expired",
    ("sealing", "complete"): "completed",
    ("sealing", "ask_again"): "signing",
}
TABLES = {"enterprise_verification": VERIFICATION, "phone_check": PHONE_CHECK, "contract_signing": SIGNING}


def every_pair() -> list[tuple[str, str, str]]:
    return [
        (kind, state, event)
        for kind, law in LAWS.items()
        for state in law.machine.states_map
        for event in sorted({e.id for e in law.machine().events})
    ]


def machine_in(kind: str, state: str) -> Any:
    return LAWS[kind].machine(start_value=state)


def test_every_machine_has_its_table() -> None:
    assert set(TABLES) == set(LAWS)


@pytest.mark.parametrize(("kind", "state", "event"), every_pair())
def test_each_event_in_each_state_is_taken_or_refused_as_the_table_says(kind: str, state: str, event: str) -> None:
    machine = machine_in(kind, state)
    target = TABLES[kind].get((state, event))
    if target is None:
        with pytest.raises(TransitionNotAllowed):
            fire(machine, event)
        assert machine.current_state_value == state
    else:
        fire(machine, event)
        assert machine.current_state_value == target


@pytest.mark.parametrize(("outstanding", "state"), [(3, "signing"), (2, "signing"), (1, "sealing")])
def test_q03_only_the_last_consent_begins_the_sealing(outstanding: int, state: str) -> None:
    machine = machine_in("contract_signing", "signing")
    fire(machine, "consent", outstanding=outstanding)
    assert machine.current_state_value == state


@pytest.mark.parametrize("kind", LAWS)
def test_no_state_is_a_dead_end(kind: str) -> None:
    """From every state an end can be reached, so no process can stick."""
    moves: dict[str, set[str]] = {}
    for (state, _), target in TABLES[kind].items():
        moves.setdefault(state, set()).add(target)
    moves.setdefault("signing", set()).add("sealing")
    for state in LAWS[kind].machine.states_map:
        reached, frontier = set(), {state}
        while frontier:
            reached |= frontier
            frontier = {target for found in frontier for target in moves.get(found, ())} - reached
        assert any(is_final(kind, found) for found in reached), state


@pytest.mark.parametrize("kind", LAWS)
def test_every_open_state_says_whom_it_waits_for(kind: str) -> None:
    law = LAWS[kind]
    assert {state for state in law.machine.states_map if not is_final(kind, state)} == set(law.waiting_for)


@pytest.mark.parametrize(
    ("kind", "state", "role", "acts"),
    [
        ("enterprise_verification", "awaiting_confirmation", "applicant", ["submit_materials", "confirm", "withdraw"]),
        ("enterprise_verification", "issuing_certificate", "applicant", []),
        ("enterprise_verification", "verified", "applicant", []),
        ("enterprise_verification", "awaiting_confirmation", "party", []),
        ("contract_signing", "signing", "party", ["open", "consent", "return"]),
        ("contract_signing", "signing", "sender", ["withdraw"]),
        ("contract_signing", "sealing", "sender", []),
        ("phone_check", "awaiting_code", "applicant", ["send_code", "submit_code"]),
    ],
)
def test_people_are_offered_their_own_acts_and_never_the_systems(
    kind: str, state: str, role: str, acts: list[str]
) -> None:
    assert acts_in(kind, state, frozenset({role})) == acts
