"""The law of signing a contract in escrow (P07, Q, T04): consents are collected, then everything is sealed at once."""

from statemachine import State, StateChart


class ContractSigning(StateChart):
    """Nothing signed exists before ``sealing``, and ``completed`` is reached from there alone, once.

    ``ask_again``: a party's certificate ran out between its consent and the sealing; it must consent anew.
    """

    allow_event_without_transition = False
    catch_errors_as_events = False

    drafting = State(initial=True)
    signing = State()
    sealing = State()
    completed = State(final=True)
    returned = State(final=True)
    withdrawn = State(final=True)
    expired = State(final=True)

    send = drafting.to(signing)
    open = signing.to.itself()
    consent = signing.to(sealing, cond="is_last") | signing.to.itself()
    locals()["return"] = signing.to(returned)
    withdraw = drafting.to(withdrawn) | signing.to(withdrawn)
    expire = drafting.to(expired) | signing.to(expired)
    complete = sealing.to(completed)
    ask_again = sealing.to(signing)

    def is_last(self, outstanding: int = 2) -> bool:
        """``outstanding``: parties that have not consented, the one consenting now included."""
        return outstanding == 1


ACTORS = {"send": "sender", "withdraw": "sender", "open": "party", "consent": "party", "return": "party"}

WAITING_FOR = {"drafting": "sender", "signing": "party", "sealing": "platform"}
