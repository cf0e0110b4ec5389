"""When deliveries are made, and until when one is booked. Each `check_` raises a WindowError."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from delivery.models import Closure, DeliveryPolicy, DeliveryWindow, Order
from delivery.rules.errors import WindowError


def policy_on(day: date) -> DeliveryPolicy:
    """The terms of delivery in force on `day`."""
    return DeliveryPolicy.objects.filter(effective_date__lte=day)[0]


def closes_at(window: DeliveryWindow, policy: DeliveryPolicy) -> datetime:
    """The last instant at which an order is accepted: `lead_hours` before the start, in real time
    [docs/domain.md#delivery].

    Counted in UTC: Python subtracts from a local time what a clock on the wall shows.
    """
    return window.starts_at.astimezone(UTC) - timedelta(hours=policy.lead_hours)


def bookable_windows(*, now: datetime, policy: DeliveryPolicy) -> list[DeliveryWindow]:
    """Windows that an order can still reach, full and closed ones too, in order."""
    today = localtime(now).date()
    upcoming = DeliveryWindow.objects.filter(
        date__gte=today, date__lt=today + timedelta(weeks=settings.WEEKS_OF_WINDOWS)
    )
    return [window for window in upcoming if now <= closes_at(window, policy)]


def delivery_days(windows: Iterable[DeliveryWindow], *, policy: DeliveryPolicy, after: date) -> Iterator[date]:
    """The days later than `after`, in order and without an end: those with an open window, and past the last of the
    `windows` those that the policy names."""
    windows = list(windows)
    yield from sorted({window.date for window in windows if window.is_open and window.date > after})
    day = max([after, *(window.date for window in windows)])
    while True:
        day += timedelta(days=1)
        if policy.delivers_on(day):
            yield day


def check_lead_time(window: DeliveryWindow, policy: DeliveryPolicy, *, now: datetime) -> None:
    """Now is at least `lead_hours` before the start, in real time (24:00:00 passes); raises WindowError."""
    if now > closes_at(window, policy):
        raise WindowError(
            _("Orders for this window closed at %(time)s. Choose a later one.")
            % {"time": date_format(localtime(closes_at(window, policy)), "CLOSING_FORMAT")},
            field="window",
        )


def check_window_has_room(window: DeliveryWindow | None) -> None:
    """Open, and a place left; None is one that new terms took away. Raises WindowError."""
    if window is None:
        raise WindowError(_("There is no delivery in this window any more. Choose another one."), field="window")
    if not window.is_open:
        raise WindowError(
            _("No delivery: %(reason)s. Choose another window.") % {"reason": _(window.closed_reason)}, field="window"
        )
    if not window.has_room:
        raise WindowError(_("This window filled a moment ago. Your cart is kept; choose another one."), field="window")


def overlaps(window: DeliveryWindow, others: Iterable[DeliveryWindow]) -> bool:
    """It shares a minute with one of the others of its date; they may touch."""
    return any(one.date == window.date and one.starts < window.ends and window.starts < one.ends for one in others)


def check_new_window(window: DeliveryWindow, *, now: datetime) -> None:
    """One that is added by hand can still be ordered for, within the weeks that are shown, on a day that is not
    closed, and beside no other; raises WindowError."""
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
    """Raises WindowError."""
    if overlaps(window, others):
        raise WindowError(_("Another window of this day has some of these hours. Choose others."), field="starts")


def check_capacity(window: DeliveryWindow, capacity: int) -> None:
    """At least 1, and no less than is booked; raises WindowError."""
    if capacity < max(window.booked, 1):
        raise WindowError(
            _("%(booked)d places are booked. Enter that or more.") % {"booked": max(window.booked, 1)}, field="capacity"
        )


def window_mismatches() -> list[DeliveryWindow]:
    """Windows whose `booked` is not the number of orders that hold a place; the nightly check expects none."""
    holding = Q(orders__status__in=Order.HOLDING)
    counted = DeliveryWindow.objects.annotate(held=Count("orders", filter=holding))
    return [window for window in counted if window.held != window.booked]
