"""A certification in the list of what is due for renewal."""

from dataclasses import dataclass
from datetime import date

from accounts.models import User
from certification.models import Certification, Patient
from certification.presenters.addresses import is_signer
from certification.presenters.status_on_day import StatusOnDay, status_on_day
from certification.rules import renewal_opens_date


@dataclass(frozen=True)
class DueRow:
    """A certification with its renewal: when it opens, and how far the office is with it."""

    certification: Certification
    patient: Patient
    status: StatusOnDay
    ended_days: int  # since the last valid day; negative before it
    opens_date: date
    is_begun: bool
    is_prepared: bool
    is_own_to_sign: bool


def due_row(certification: Certification, user: User, *, today: date) -> DueRow:
    """Return the row of a certification that was read with its `renewal_draft`."""
    begun = getattr(certification, "renewal_draft", None)
    return DueRow(
        certification=certification,
        patient=certification.patient,
        status=status_on_day(certification, today=today),
        ended_days=(today - certification.last_valid_day).days,
        opens_date=renewal_opens_date(certification),
        is_begun=begun is not None,
        is_prepared=begun is not None and begun.prepared_at is not None,
        is_own_to_sign=is_signer(user, certification),
    )
