"""When a certification can be renewed, and when somebody is reminded of it."""

from datetime import date, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.models import Certification
from certification.rules.errors import RenewalNotOpen

REMINDER_DAYS = (60, 30, 14, 7, 1)
ENDED_REMINDER_WITHIN = timedelta(days=30)


def renewal_opens_date(certification: Certification) -> date:
    """The first day on which it can be renewed: RENEWAL_OPENS_DAYS before it expires."""
    return certification.expires_date - timedelta(days=settings.RENEWAL_OPENS_DAYS)


def days_given_up(certification: Certification, *, today: date) -> int:
    """Days of its year, `today` included, that a renewal signed on `today` replaces; 0 once it has ended.

    A renewal takes effect on the day it is signed and runs one year from it; what is left is not added
    [docs/domain.md#renewal].
    """
    return max((certification.expires_date - today).days, 0)


def reminder_due(*, expires_date: date, today: date) -> str | None:
    """The reminder that belongs to `today`: "60", "30", "14", "7", "1" (days left at most), "ended", or None.

    After an outage the latest one that applies is given, never several at once; "ended" for 30 days after the end.
    """
    days_left = (expires_date - today).days
    if days_left <= 0:
        return "ended" if today - expires_date < ENDED_REMINDER_WITHIN else None
    return next((str(days) for days in sorted(REMINDER_DAYS) if days_left <= days), None)


def check_renewal_is_open(certification: Certification, *, today: date) -> None:
    """Active, and within RENEWAL_OPENS_DAYS of its end or past it; raises RenewalNotOpen."""
    if certification.status != Certification.Status.ACTIVE:
        raise RenewalNotOpen(_("This certification has been replaced or withdrawn; it cannot be renewed."))
    opens = renewal_opens_date(certification)
    if today < opens:
        raise RenewalNotOpen(_("Renewal opens on %(day)s.") % {"day": date_format(opens, "DAY_FORMAT")})
