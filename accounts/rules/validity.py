"""What "ended", "ending soon" and "left" mean: each question once for one row and once as a filter, side by side."""

from datetime import date, timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from accounts.models import Delegate, Physician, Registration

WARN_BEFORE_END = timedelta(days=60)
LAPSE_SHOWN_FOR = timedelta(days=30)
LAPSED = "lapsed"  # the parameter of the list that shows whose registration has ended


def has_ended(registration: Registration, *, today: date) -> bool:
    """Return whether the registration has an end that has come; one without an end has not ended."""
    return registration.expires_date is not None and registration.expires_date <= today


def registrations_ended(*, today: date) -> Q:
    """Return a filter of the registrations of which `has_ended` is true."""
    return Q(expires_date__lte=today)


def with_lapses(physicians: QuerySet[Physician], *, today: date) -> QuerySet[Physician]:
    """Return the verified physicians one of whose active registrations ended in the last 30 days.

    `lapsed_at` is when the first of them did: the beginning of the day, as winter has it in Connecticut.
    """
    lately = registrations_ended(today=today) & Q(expires_date__gt=today - LAPSE_SHOWN_FOR)
    ended = Registration.objects.filter(lately, physician=OuterRef("pk"), is_active=True)
    first = Subquery(ended.order_by("expires_date").values("expires_date")[:1])
    at = ExpressionWrapper(Cast(first, DateTimeField()) + timedelta(hours=5), output_field=DateTimeField())
    return physicians.filter(Exists(ended), status=Physician.Status.VERIFIED).annotate(lapsed_at=at)


def is_ending_soon(registration: Registration, *, today: date) -> bool:
    """Return whether the registration ends within WARN_BEFORE_END and has not ended yet."""
    ends = registration.expires_date
    return ends is not None and today < ends <= today + WARN_BEFORE_END


def registrations_ending_soon(*, today: date) -> Q:
    """Return a filter of the registrations of which `is_ending_soon` is true."""
    return Q(expires_date__gt=today, expires_date__lte=today + WARN_BEFORE_END)


def physicians_left_on(day: date) -> Q:
    """Return a filter of the physicians of which `Physician.has_left_on(day)` is true."""
    return Q(left_date__lte=day)


def has_delegation_ended(delegate: Delegate, *, today: date) -> bool:
    """Return whether the delegate's last day has passed."""
    return delegate.ended_date is not None and delegate.ended_date <= today


def delegations_ended(*, today: date) -> Q:
    """Return a filter of the delegates of which `has_delegation_ended` is true."""
    return Q(ended_date__lte=today)
