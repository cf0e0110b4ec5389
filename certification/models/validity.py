"""What running, valid, ending soon, expired and stopping mean: each once for one row and once as a filter.

A certification covers a day when it is valid on that day. `prefix` is the way from the filtered table to the
certifications, for example "certifications__".
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

if TYPE_CHECKING:
    from certification.models.certifications import Certification

ACTIVE, WITHDRAWN = "active", "withdrawn"


def runs_on(certification: "Certification", day: date) -> bool:
    """Return whether it is active, also past its year, or withdrawn while deliveries still go on."""
    if certification.status == WITHDRAWN:
        return certification.deliveries_stop_date is not None and day <= certification.deliveries_stop_date
    return certification.status == ACTIVE


def running_on(day: date, prefix: str = "") -> Q:
    """Return a filter of the certifications of which `runs_on` is true."""
    withdrawn = Q(**{f"{prefix}status": WITHDRAWN, f"{prefix}deliveries_stop_date__gte": day})
    return Q(**{f"{prefix}status": ACTIVE}) | withdrawn


def is_valid_on(certification: "Certification", day: date) -> bool:
    """Return whether it runs on `day`, was signed on or before it, and its year is not over."""
    return runs_on(certification, day) and certification.certified_date <= day < certification.expires_date


def valid_on(day: date, prefix: str = "") -> Q:
    """Return a filter of the certifications of which `is_valid_on` is true."""
    year = Q(**{f"{prefix}certified_date__lte": day, f"{prefix}expires_date__gt": day})
    return running_on(day, prefix) & year


def is_expiring(certification: "Certification", *, after: date, until: date) -> bool:
    """Return whether it is active and its first invalid day is later than `after` and not later than `until`."""
    return certification.status == ACTIVE and after < certification.expires_date <= until


def expiring(*, after: date, until: date) -> Q:
    """Return a filter of the certifications of which `is_expiring` is true."""
    return Q(status=ACTIVE, expires_date__gt=after, expires_date__lte=until)


def is_ending_soon(certification: "Certification", *, today: date) -> bool:
    """Return whether it is active, its year is not over, and it can be renewed already."""
    return is_expiring(certification, after=today, until=_soon(today))


def ending_soon(*, today: date) -> Q:
    """Return a filter of the certifications of which `is_ending_soon` is true."""
    return expiring(after=today, until=_soon(today))


def is_expired(certification: "Certification", *, today: date) -> bool:
    """Return whether it is active although its year is over: nobody has renewed it."""
    return certification.status == ACTIVE and certification.expires_date <= today


def expired(*, today: date) -> Q:
    """Return a filter of the certifications of which `is_expired` is true."""
    return Q(status=ACTIVE, expires_date__lte=today)


def is_stopping(certification: "Certification", *, today: date) -> bool:
    """Return whether it was withdrawn, its deliveries still go on, and its year is not over.

    The day of signing is not asked: it is in the past, and not in the index of an office's list.
    """
    return certification.status == WITHDRAWN and runs_on(certification, today) and today < certification.expires_date


def stopping(*, today: date) -> Q:
    """Return a filter of the certifications of which `is_stopping` is true.

    It is one conjunction, so that PostgreSQL answers it from the index of an office's list alone.
    """
    return Q(status=WITHDRAWN, deliveries_stop_date__gte=today, expires_date__gt=today)


def _soon(today: date) -> date:
    return today + timedelta(days=settings.RENEWAL_OPENS_DAYS)
