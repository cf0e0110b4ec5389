"""When deliveries are made, and until when one is booked. Each `check_` raises a WindowError."""

from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from delivery.models import DeliveryPolicy, DeliveryWindow, Order
from delivery.rules.errors import WindowError


def policy_on(day: date) -> DeliveryPolicy:
    """The terms of delivery in force on `day`."""
    return DeliveryPolicy.objects.filter(effective_date__lte=day)[0]


def closes_at(window: DeliveryWindow, policy: DeliveryPolicy) -> datetime:
    """The last instant at which an order is accepted: `lead_hours` before the start [brief: 24 hours], in real time.

    Counted in UTC: Python subtracts from a local time what a clock on the wall shows.
    """
    return window.starts_at.astimezone(UTC) - timedelta(hours=policy.lead_hours)


def bookable_windows(*, now: datetime, policy: DeliveryPolicy) -> list[DeliveryWindow]:
    """Windows that an order can still reach, full and closed ones too, in order."""
    today = localtime(now).date()
    upcoming = DeliveryWindow.objects.filter(date__gte=today, date__lt=today + timedelta(weeks=8))
    return [window for window in upcoming if now <= closes_at(window, policy)]


def check_lead_time(window: DeliveryWindow, policy: DeliveryPolicy, *, now: datetime) -> None:
    """Now is at least `lead_hours` before the start, in real time (24:00:00 passes); raises WindowError."""
    if now > closes_at(window, policy):
        raise WindowError(
            _("Orders for this window closed at %(time)s. Choose a later one.")
            % {"time": date_format(localtime(closes_at(window, policy)), "CLOSING_FORMAT")},
            field="window",
        )


def check_window_has_room(window: DeliveryWindow) -> None:
    """Open, and a place left; raises WindowError."""
    if not window.is_open:
        raise WindowError(_("There is no delivery in this window. Choose another one."), field="window")
    if window.booked >= window.capacity:
        raise WindowError(_("This window filled a moment ago. Your cart is kept; choose another one."), field="window")


def window_mismatches() -> list[DeliveryWindow]:
    """Windows whose `booked` is not the number of orders that hold a place; the nightly check expects none."""
    holding = Q(orders__status__in=Order.HOLDING)
    counted = DeliveryWindow.objects.annotate(held=Count("orders", filter=holding))
    return [window for window in counted if window.held != window.booked]
