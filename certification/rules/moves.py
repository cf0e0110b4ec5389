"""The moves of a certification, of a patient's request and of a patient, each by its verb.

docs/states.md is printed from here.
"""

from django.utils.translation import gettext_lazy

from certification.models import Certification, PatientRequest
from certification.rules.errors import TransitionError
from ui.moves import Move

NO_LONGER_POSSIBLE = gettext_lazy("This certification is %(status)s; that is no longer possible.")
S = Certification.Status
RUNNING = frozenset({S.ACTIVE, S.WITHDRAWN})
MOVES = {
    "supersede": Move(
        from_=RUNNING,
        to=S.SUPERSEDED,
        who="the physician who signs the next certification: a renewal, one after a withdrawal, or a take-over",
        then="Open orders that the new allotment does not cover are cancelled. After a take-over both physicians get a "
        "message.",
    ),
    "withdraw": Move(
        from_=frozenset({S.ACTIVE}),
        to=S.WITHDRAWN,
        who="the physician who signed it",
        then="Deliveries go on through the chosen day; later orders are cancelled. The draft of the renewal is "
        "deleted. Patient and caregiver get a message.",
    ),
    "revoke": Move(
        from_=RUNNING,
        to=S.REVOKED,
        who="staff who may change certifications",
        then="Open orders are cancelled, those of today as well. The draft of the renewal is deleted. Patient, "
        "caregiver and physician get a message.",
    ),
    "close": Move(
        from_=RUNNING,
        to=S.CLOSED,
        who="staff who may change patients, when the patient leaves the program",
        then="What follows from closing the record of the patient.",
    ),
    "reinstate": Move(
        from_=frozenset({S.WITHDRAWN, S.REVOKED, S.CLOSED}),
        to=S.ACTIVE,
        who="staff who may change certifications, within 30 days",
        then="It has the last valid day that it had; cancelled orders stay cancelled. Patient, caregiver and physician "
        "get a message.",
    ),
}

# A patient's request has no status: it waits until somebody answers or refuses it.
REQUEST_MOVES = {
    "answer": Move(
        from_=frozenset({"waiting"}),
        to="answered",
        who="the office; staff who may change requests",
        then="It leaves the list. A renewal that is signed, a new card and a closed record answer their requests.",
    ),
    "confirm": Move(
        from_=frozenset({"waiting"}),
        to="answered",
        who="staff who may change requests, for a reported address",
        then="The reported address becomes the patient's, as by an amendment.",
    ),
    "refuse": Move(
        from_=frozenset({"waiting"}),
        to="refused",
        who="staff who may change requests, for a report",
        then="The patient reads the reason.",
    ),
}
PATIENT_MOVES = {
    "close": Move(
        from_=frozenset({"in the program"}),
        to="closed",
        who="staff who may change patients",
        then="The certification, the caregiver's assignment, card, invitations, requests and open orders end. One "
        "letter goes to the caregiver or to the patient's address.",
    ),
    "reopen": Move(
        from_=frozenset({"closed"}),
        to="in the program",
        who="staff who may change patients, after a mistake",
        then="The certification is reinstated where that is possible; caregiver and card are not.",
    ),
}


def can_move(verb: str, certification: Certification) -> bool:
    """Return whether the certification's status allows the verb, for example "revoke"."""
    return certification.status in MOVES[verb].from_


def check_move(verb: str, certification: Certification) -> None:
    """The certification's status allows the verb, for example "revoke"; raises TransitionError."""
    if not can_move(verb, certification):
        raise not_possible(certification)


def not_possible(certification: Certification) -> TransitionError:
    """Return the refusal that names the certification's status."""
    return TransitionError(NO_LONGER_POSSIBLE % {"status": certification.get_status_display().lower()})


def status_of_request(request: PatientRequest) -> str:
    """Return "waiting", "answered" or "refused"."""
    if request.answered_at is None:
        return "waiting"
    return "refused" if request.refused_reason is not None else "answered"


def can_move_request(verb: str, request: PatientRequest) -> bool:
    """Return whether the request is where the verb of REQUEST_MOVES begins, for example "refuse"."""
    return status_of_request(request) in REQUEST_MOVES[verb].from_
