"""The moves of a physician and of a reset of second factors, each by its verb. docs/states.md is printed from here."""

from django.utils.translation import gettext as _

from accounts.models import MFAReset, Physician
from accounts.rules.errors import AccountsError
from ui.moves import Move

VERIFIED, SUSPENDED, LEFT = Physician.Status.VERIFIED, Physician.Status.SUSPENDED, Physician.Status.LEFT
WAITING = MFAReset.Status.WAITING

PHYSICIAN_MOVES = {
    "suspend": Move(
        from_=frozenset({VERIFIED}),
        to=SUSPENDED,
        who="Registrar",
        then="The physician gets a message and cannot certify. Certifications stay valid.",
    ),
    "disown": Move(
        from_=frozenset({VERIFIED}),
        to=SUSPENDED,
        who="the physician, by the link in the message about the account",
        then="The account is taken from the physician, its delegates end, and the Registrars are notified.",
    ),
    "reinstate": Move(
        from_=frozenset({SUSPENDED, LEFT}),
        to=VERIFIED,
        who="Registrar",
        then="The physician gets a message and may certify while eligible.",
    ),
    "verify": Move(
        from_=frozenset({VERIFIED, LEFT}),
        to=VERIFIED,
        who="Registrar or Manager, by an application",
        then="The physician has the numbers and registrations of the application. The applicant gets a message.",
    ),
    "leave": Move(
        from_=frozenset({VERIFIED, SUSPENDED}),
        to=LEFT,
        who="the physician or Registrar",
        then="On an announced day the status changes at night. Patients are notified at once, and delegates end.",
    ),
}
RESET_MOVES = {
    "confirm": Move(
        from_=frozenset({WAITING}),
        to=MFAReset.Status.DONE,
        who="Registrar or Manager, other than who asked",
        then="The second factors are deleted, all sessions end, and every address of the owner is notified.",
    ),
    "carry out": Move(
        from_=frozenset({WAITING}),
        to=MFAReset.Status.DONE,
        who="the portal, after 24 hours",
        then="The same as after a confirmation.",
    ),
    "cancel": Move(
        from_=frozenset({WAITING}),
        to=MFAReset.Status.CANCELLED,
        who="Registrar or Manager, or the owner by the link in the message",
        then="Every address of the owner is notified; when the owner cancels, the Registrars are as well.",
    ),
}


class StatusError(AccountsError):
    """The physician's status does not allow this."""


class ResetError(AccountsError):
    """A reset that cannot be asked for, confirmed or cancelled as it stands."""


def check_physician_move(verb: str, physician: Physician) -> None:
    """The physician's status allows the move of PHYSICIAN_MOVES with this verb; raises StatusError."""
    if not may_move(PHYSICIAN_MOVES[verb], physician):
        raise StatusError(
            _("Not possible any more: this physician is %(status)s.") % {"status": physician.get_status_display()}
        )


def check_reset_move(verb: str, reset: MFAReset) -> None:
    """The status of the reset allows the move of RESET_MOVES with this verb; raises ResetError."""
    if not may_move(RESET_MOVES[verb], reset):
        raise ResetError(_("Not possible any more: this reset is %(status)s.") % {"status": reset.get_status_display()})


def may_move(move: Move, row: Physician | MFAReset) -> bool:
    """Return whether the status of `row` is one from which `move` leads."""
    return row.status in move.from_
