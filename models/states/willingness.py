"""The law of the willingness checks (意愿性校验, D): one machine per method."""

from statemachine import State, StateChart


class PhoneCheck(StateChart):
    """The legal representative's mobile, real-name registered under his own ID (D03)."""

    allow_event_without_transition = False
    catch_errors_as_events = False

    awaiting_mobile = State(initial=True)
    awaiting_code = State()
    proven = State(final=True)
    failed = State(final=True)
    abandoned = State(final=True)
    expired = State(final=True)

    send_code = awaiting_mobile.to(awaiting_code) | awaiting_code.to.itself()
    submit_code = awaiting_code.to(proven)
    fail = awaiting_mobile.to(failed) | awaiting_code.to(failed)
    abandon = awaiting_mobile.to(abandoned) | awaiting_code.to(abandoned)
    expire = awaiting_mobile.to(expired) | awaiting_code.to(expired)


ACTORS = {"send_code": "applicant", "submit_code": "applicant"}

WAITING_FOR = {"awaiting_mobile": "legal_representative", "awaiting_code": "legal_representative"}
