"""When a certification can be renewed, and when people are reminded of it."""

from datetime import date, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.models import Certification
from certification.rules.errors import RenewalNotOpen

REMINDER_DAYS = (60, 30, 14, 7, 1)
ENDED_REMINDER_WITHIN = timedelta(days=30)


def renewal_opens_date(certification: Certification) -> date:
    """Return the first day on which it can be renewed: RENEWAL_OPENS_DAYS before it expires."""
    return certification.expires_date - timedelta(days=settings.RENEWAL_OPENS_DAYS)


def days_given_up(certification: Certification, *, today: date) -> int:
    """Return how many days of its year, `today` included, a renewal signed today replaces; 0 once it has ended.

    A renewal takes effect on the day it is signed and runs one year from it; the days left are not added
    [docs/domain.md#renewal].
    """
    return max((certification.expires_date - today).days, 0)


def reminder_due(*, expires_date: date, today: date) -> str | None:
    """Return the reminder that is due: "60", "30", "14", "7" or "1" for the days left at most, "ended", or None.

    After an outage only the latest reminder is due. "ended" is due for 30 days after the end.
    """
    days_left = (expires_date - today).days
    if days_left <= 0:
        return "ended" if today - expires_date < ENDED_REMINDER_WITHIN else None
    return next((str(days) for days in sorted(REMINDER_DAYS) if days_left <= days), None)


def check_renewal_is_open(certification: Certification, *, today: date) -> None:
    """The certification is active, and within RENEWAL_OPENS_DAYS of its end or past it; raises RenewalNotOpen."""
    if certification.status != Certification.Status.ACTIVE:
        raise RenewalNotOpen(_("This certification has been replaced or withdrawn; it cannot be renewed."))
    opens = renewal_opens_date(certification)
    if today < opens:
        raise RenewalNotOpen(_("Renewal opens on %(day)s.") % {"day": date_format(opens, "DAY_FORMAT")})
