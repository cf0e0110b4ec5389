"""When a certification can be renewed, and when people are reminded of it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from certification.models import Certification
from certification.rules.errors import RenewalNotOpen

REMINDER_DAYS = (90, 60, 30, 14, 7, 3, 1)  # days before the end [docs/domain.md#renewal]
ENDED_REMINDER_WITHIN = timedelta(days=30)
WEEK_LOOKS_AHEAD = (30, 60, 90)  # days before the end, in the weekly message to offices
WEEK_BEGINS = time(7)  # on Monday, in New York
MONDAY, TUESDAY = 0, 1


@dataclass(frozen=True)
class ReminderSpan:
    """The certifications for which one kind of reminder is due: those with `after < expires_date <= until`."""

    kind: str
    after: date
    until: date


def renewal_opens_date(certification: Certification) -> date:
    """Return the first day on which it can be renewed: RENEWAL_OPENS_DAYS before it expires."""
    return certification.expires_date - timedelta(days=settings.RENEWAL_OPENS_DAYS)


def is_renewal_open(certification: Certification, *, today: date) -> bool:
    """Return whether it is active, and within RENEWAL_OPENS_DAYS of its end or past it."""
    return certification.status == Certification.Status.ACTIVE and today >= renewal_opens_date(certification)


def days_given_up(certification: Certification, *, today: date) -> int:
    """Return how many days of its year, `today` included, a renewal signed today replaces; 0 once it has ended.

    A renewal takes effect on the day it is signed and runs one year from it; the days left are not added
    [docs/domain.md#renewal].
    """
    return max((certification.expires_date - today).days, 0)


def reminder_spans(today: date) -> list[ReminderSpan]:
    """Return the span of each kind of reminder that is due on `today`, by the date of the end.

    The kinds are "ended", for 30 days after the end, and the days that are left at most: "1", "3", … "90". No
    certification is in two spans, so after an outage only the latest reminder is due.
    """
    ended = ReminderSpan("ended", today - ENDED_REMINDER_WITHIN, today)
    days = pairwise((0, *sorted(REMINDER_DAYS)))
    return [ended, *(ReminderSpan(str(most), _in(today, least), _in(today, most)) for least, most in days)]


def _in(today: date, days: int) -> date:
    return today + timedelta(days=days)


def reminder_due(*, expires_date: date, today: date) -> str | None:
    """Return the kind of reminder that is due on `today` for a certification that ends then, or None."""
    spans = reminder_spans(today)
    return next((span.kind for span in spans if span.after < expires_date <= span.until), None)


def office_week(now: datetime) -> str | None:
    """Return the week (like "2026-W48") for which offices are told now, or None.

    They are told on Monday from 7 in the morning, and until the end of Tuesday by a run that comes late.
    """
    local = localtime(now)
    is_time = local.weekday() == TUESDAY or (local.weekday() == MONDAY and local.time() >= WEEK_BEGINS)
    return f"{local:%G-W%V}" if is_time else None


def check_renewal_is_open(certification: Certification, *, today: date) -> None:
    """The certification is active, and within RENEWAL_OPENS_DAYS of its end or past it; raises RenewalNotOpen."""
    if certification.status != Certification.Status.ACTIVE:
        raise RenewalNotOpen(_("This certification has been replaced or withdrawn; it cannot be renewed."))
    if not is_renewal_open(certification, today=today):
        opens = renewal_opens_date(certification)
        raise RenewalNotOpen(_("Renewal opens on %(day)s.") % {"day": date_format(opens, "DAY_FORMAT")})
