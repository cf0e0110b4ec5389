"""When deliveries are made, and until when a window can be chosen. Each `check_` raises a WindowError."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import cast

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from delivery.models import Closure, DeliveryPolicy, DeliveryWindow
from delivery.models.questions import counts_under
from delivery.rules.errors import CertificationNotValid, WindowError
from ui.languages import in_readers_language
from ui.prepared import Prepared


def policy_on(day: date) -> DeliveryPolicy:
    """Return the terms of delivery in force on `day`."""
    return cast(DeliveryPolicy, _policies.rows(day=day)[0])


_policies = Prepared(lambda *, day: DeliveryPolicy.objects.filter(effective_date__lte=day)[:1])


def policies_on(days: Collection[date]) -> dict[date, DeliveryPolicy]:
    """Return the terms of delivery in force on each of the days, from one query."""
    policies = list(DeliveryPolicy.objects.filter(effective_date__lte=max(days)))
    return {day: next(policy for policy in policies if policy.effective_date <= day) for day in days}


def closes_at(window: DeliveryWindow, policy: DeliveryPolicy) -> datetime:
    """Return the cut-off: the last instant at which an order is accepted [docs/domain.md#delivery].

    It is `lead_hours` of real time before the start. The hours are subtracted in UTC: in local time Python would follow
    the clock on the wall, which jumps twice a year.
    """
    return window.starts_at.astimezone(UTC) - timedelta(hours=policy.lead_hours)


def bookable_windows(*, now: datetime, policy: DeliveryPolicy) -> list[DeliveryWindow]:
    """Return the windows whose cut-off has not passed, in order; full and closed windows too."""
    today = localtime(now).date()
    upcoming = _windows.rows(first=today, after=today + timedelta(weeks=settings.WEEKS_OF_WINDOWS))
    return [window for window in upcoming if now <= closes_at(window, policy)]


_windows = Prepared(lambda *, first, after: DeliveryWindow.objects.filter(date__gte=first, date__lt=after))


def running_certification(patient: Patient) -> Certification | None:
    """Return the patient's certification that runs today, or None."""
    running = patient.certifications.running_on(timezone.localdate())
    return running.defer("condition_codes", "directions").first()


def check_can_be_ordered_for(certification: Certification | None, windows: Iterable[DeliveryWindow]) -> None:
    """The certification runs and covers a day that can be ordered for; raises CertificationNotValid.

    A cart that is filled without one could never be ordered. Where there are no windows at the moment it may be filled.
    """
    days = {window.date for window in windows}
    if certification is None or (days and not any(certification.is_valid_on(day) for day in days)):
        raise CertificationNotValid(
            _("No certification is valid, so nothing can be delivered. Ask the physician for a renewal.")
        )


def delivery_days(windows: Iterable[DeliveryWindow], *, policy: DeliveryPolicy, after: date) -> Iterator[date]:
    """Return the delivery days later than `after`, in order and without an end.

    They are the days that have an open window and, after the last of the `windows`, the days that the policy names.
    """
    windows = list(windows)
    yield from sorted({window.date for window in windows if window.is_open and window.date > after})
    day = max([after, *(window.date for window in windows)])
    while True:
        day += timedelta(days=1)
        if policy.delivers_on(day):
            yield day


def check_lead_time(window: DeliveryWindow, policy: DeliveryPolicy, *, now: datetime) -> None:
    """Now is at least `lead_hours` of real time before the start (exactly 24:00:00 passes); raises WindowError."""
    if now > closes_at(window, policy):
        raise WindowError(
            _("Orders for this window closed at %(time)s. Choose a later one.")
            % {"time": date_format(localtime(closes_at(window, policy)), "CLOSING_FORMAT")},
            field="window",
        )


def check_window_has_room(window: DeliveryWindow | None) -> None:
    """The window is open and has a place left; None stands for a window that was deleted. Raises WindowError."""
    if window is None:
        raise WindowError(_("There is no delivery in this window any more. Choose another one."), field="window")
    if not window.is_open:
        raise WindowError(
            _("No delivery: %(reason)s. Choose another window.")
            % {"reason": in_readers_language(window.closed_reason, window.closed_reason_es)},
            field="window",
        )
    if not window.has_room:
        raise WindowError(_("This window filled a moment ago. Your cart is kept; choose another one."), field="window")


def overlaps(window: DeliveryWindow, others: Iterable[DeliveryWindow]) -> bool:
    """Return whether the window shares a minute with another window of its day; windows may touch."""
    return any(
        other.date == window.date and other.starts < window.ends and window.starts < other.ends for other in others
    )


def check_new_window(window: DeliveryWindow, *, now: datetime) -> None:
    """A window that staff add can be ordered for: in time, within the weeks shown, on an open day, beside no other.

    Raises WindowError.
    """
    if window.starts >= window.ends:
        raise WindowError(_("The window has to end after it starts."), field="ends")
    if now > closes_at(window, policy_on(localtime(now).date())):
        raise WindowError(_("Nobody could order for it any more. Choose a later day."), field="date")
    last = localtime(now).date() + timedelta(weeks=settings.WEEKS_OF_WINDOWS) - timedelta(days=1)
    if window.date > last:
        words = {"day": date_format(last, "LONG_DAY_FORMAT")}
        raise WindowError(_("Orders are taken until %(day)s. Choose a day until then.") % words, field="date")
    closure = Closure.objects.in_force().filter(date=window.date).first()
    if closure is not None:
        words = {"reason": closure.reason}
        raise WindowError(_("This day is closed: %(reason)s. Open it again first.") % words, field="date")
    check_overlaps_none(window, DeliveryWindow.objects.filter(date=window.date))


def check_overlaps_none(window: DeliveryWindow, others: Iterable[DeliveryWindow]) -> None:
    """The window shares no minute with another window of its day; raises WindowError."""
    if overlaps(window, others):
        raise WindowError(_("Another window of this day has some of these hours. Choose others."), field="starts")


def check_capacity(window: DeliveryWindow, capacity: int) -> None:
    """The number of places is at least 1, and not less than what is booked; raises WindowError."""
    if capacity < max(window.booked, 1):
        raise WindowError(
            _("%(booked)d places are booked. Enter that or more.") % {"booked": max(window.booked, 1)}, field="capacity"
        )


def window_mismatches() -> list[DeliveryWindow]:
    """Return the windows whose `booked` is not the number of orders that take a place; at night none is expected."""
    counted = DeliveryWindow.objects.annotate(taken=Count("orders", filter=counts_under("orders__")))
    return [window for window in counted if window.taken != window.booked]
