"""How a certification ends before its year is over, or runs again. Each `check_` raises a CertificationError."""

from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules.errors import EndingError, ReinstatementError
from certification.rules.identity import certified_elsewhere
from certification.rules.people import check_is_not_closed

OBTAIN_ANOTHER_WITHIN = timedelta(days=30)  # docs/domain.md#ending-early
REINSTATE_WITHIN = timedelta(days=30)


def latest_stop_date(certification: Certification, *, today: date) -> date:
    """Return the latest day of deliveries: WITHDRAWAL_STOP_DAYS ahead, and within the year of the certification."""
    ahead = today + timedelta(days=settings.WITHDRAWAL_STOP_DAYS)
    return max(today, min(ahead, certification.last_valid_day))


def check_stop_date(stop_date: date, certification: Certification, *, today: date) -> None:
    """The last day of deliveries is from today through `latest_stop_date`; raises EndingError."""
    latest = latest_stop_date(certification, today=today)
    if not today <= stop_date <= latest:
        days = {"first": date_format(today, "DAY_FORMAT"), "last": date_format(latest, "DAY_FORMAT")}
        raise EndingError(_("Choose a day from %(first)s through %(last)s.") % days, field="deliveries_stop_date")


def check_ending_has_reason(reason: str) -> None:
    """A reason is given; raises EndingError."""
    if not reason.strip():
        raise EndingError(_("Enter a reason."), field="reason")


def obtain_another_by(certification: Certification) -> date | None:
    """Return the last day on which the patient may obtain another, or None [docs/domain.md#ending-early]."""
    ended_at = certification.ended_at
    return timezone.localdate(ended_at) + OBTAIN_ANOTHER_WITHIN if ended_at else None


def check_may_be_reinstated(certification: Certification, patient: Patient, *, today: date) -> None:
    """The certification ended at most 30 days ago, its year is not over, and no other took its place.

    Raises ReinstatementError, ClosedError. `check_move` checks its status.
    """
    check_is_not_closed(patient)
    assert certification.ended_at is not None
    if today > timezone.localdate(certification.ended_at) + REINSTATE_WITHIN:
        raise ReinstatementError(_("It ended more than 30 days ago. The patient has to be certified anew."))
    if today >= certification.expires_date:
        raise ReinstatementError(_("Its year is over. The patient has to be certified anew."))
    newer = patient.certifications.filter(certified_at__gt=certification.certified_at).exists()
    if newer or certified_elsewhere(_profile(patient), physician=certification.physician, today=today):
        raise ReinstatementError(_("Another certification has taken its place. Look that one up instead."))


def _profile(patient: Patient) -> dict[str, str | date]:
    return {name: getattr(patient, name) for name in ("first_name", "last_name", "birth_date")}
