"""The status of a physician."""

from django.utils.translation import gettext as _

from accounts.models import Physician
from accounts.rules.errors import AccountsError

PHYSICIAN_TRANSITIONS = {
    Physician.Status.VERIFIED: {Physician.Status.SUSPENDED, Physician.Status.LEFT},
    Physician.Status.SUSPENDED: {Physician.Status.VERIFIED, Physician.Status.LEFT},
    Physician.Status.LEFT: {Physician.Status.VERIFIED},
}


class StatusError(AccountsError):
    """A physician does not go from this status to that."""


def check_physician_becomes(physician: Physician, status: str) -> None:
    """A move of PHYSICIAN_TRANSITIONS; raises StatusError."""
    if status not in PHYSICIAN_TRANSITIONS[Physician.Status(physician.status)]:
        raise StatusError(
            _("Not possible any more: this physician is %(status)s.") % {"status": physician.get_status_display()}
        )
