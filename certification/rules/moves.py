"""The moves of a certification, of a patient's request and of a patient, each by its verb.

docs/states.md is printed from here.
"""

from django.utils.translation import gettext_lazy

from certification.models import Certification
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
