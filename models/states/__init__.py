"""The state machines, pure: used by the workflows (decide), the API (actions), the docs (diagrams)."""

from typing import Any, NamedTuple

from statemachine import StateChart

from models.states import contract_signing, enterprise_verification, willingness


class Law(NamedTuple):
    """A process kind's machine, who may take each act, and whom each state waits for."""

    machine: type[StateChart]
    actors: dict[str, str]
    waiting_for: dict[str, str]


LAWS = {
    "enterprise_verification": Law(
        enterprise_verification.EnterpriseVerification,
        enterprise_verification.ACTORS,
        enterprise_verification.WAITING_FOR,
    ),
    "phone_check": Law(willingness.PhoneCheck, willingness.ACTORS, willingness.WAITING_FOR),
    "contract_signing": Law(contract_signing.ContractSigning, contract_signing.ACTORS, contract_signing.WAITING_FOR),
}


def acts_in(kind: str, state: str, roles: frozenset[str]) -> list[str]:
    """The acts a person in these roles may take in this state, in the machine's order; empty at the end."""
    law = LAWS[kind]
    allowed = {event.id for event in law.machine(start_value=state).allowed_events}
    return [event for event, role in law.actors.items() if event in allowed and role in roles]


def is_final(kind: str, state: str) -> bool:
    return bool(LAWS[kind].machine.states_map[state].final)


def fire(machine: StateChart, event: str, **facts: Any) -> None:
    """Take the event; raises TransitionNotAllowed. Not ``machine.send``: a contract's own event ``send`` hides it."""
    StateChart.send(machine, event, **facts)
