"""The law of enterprise verification (C, D02, E, W04): which step may follow which, and who may take it."""

from statemachine import State, StateChart


class EnterpriseVerification(StateChart):
    """``awaiting_*``: a person acts next; ``*ing``: the system; a participle: the end."""

    allow_event_without_transition = False
    catch_errors_as_events = False

    recognizing = State(initial=True)
    awaiting_materials = State()
    awaiting_confirmation = State()
    awaiting_method = State()
    checking_willingness = State()
    issuing_certificate = State()
    verified = State(final=True)
    expired = State(final=True)
    withdrawn = State(final=True)

    recognize = recognizing.to(awaiting_confirmation)
    ask_materials = recognizing.to(awaiting_materials)
    submit_materials = awaiting_materials.to(recognizing) | awaiting_confirmation.to(recognizing)
    confirm = awaiting_confirmation.to(awaiting_method)
    choose_method = awaiting_method.to(checking_willingness)
    prove_willingness = checking_willingness.to(issuing_certificate)
    fail_willingness = checking_willingness.to(awaiting_method)
    issue_certificate = issuing_certificate.to(verified)
    expire = (
        recognizing.to(expired)
        | awaiting_materials.to(expired)
        | awaiting_confirmation.to(expired)
        | awaiting_method.to(expired)
        | checking_willingness.to(expired)
    )
    withdraw = (
        recognizing.to(withdrawn)
        | awaiting_materials.to(withdrawn)
        | awaiting_confirmation.to(withdrawn)
        | awaiting_method.to(withdrawn)
        | checking_willingness.to(withdrawn)
    )


ACTORS = {
    "submit_materials": "applicant",
    "confirm": "applicant",
    "choose_method": "applicant",
    "withdraw": "applicant",
}
"""Who may take each act of a person; every event not named here belongs to the system."""

WAITING_FOR = {
    "recognizing": "ocr",
    "awaiting_materials": "applicant",
    "awaiting_confirmation": "applicant",
    "awaiting_method": "applicant",
    "checking_willingness": "legal_representative",
    "issuing_certificate": "certificate_authority",
}
