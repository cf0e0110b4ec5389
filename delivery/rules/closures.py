"""Closed days, and where the orders of a closed day go. Each `check_` raises a WindowError."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from delivery.models import DeliveryWindow, Order
from delivery.rules.errors import DeliveryError, WindowError
from delivery.rules.orders import check_fits


@dataclass(frozen=True)
class Outcome:
    """The order goes to `window`, or is cancelled where `window` is None; `why` says why it cannot be moved."""

    order: Order
    window: DeliveryWindow | None
    why: str


def check_may_be_closed(day: date, *, today: date) -> None:
    """The day to be closed is today or later; raises WindowError."""
    if day < today:
        raise WindowError(_("This day is over. Choose today or a later day."), field="date")


def check_closing_reason(reason: str) -> None:
    """The reason for closing a day is not empty; raises WindowError."""
    if not reason.strip():
        raise WindowError(_("Say why nothing is delivered that day. Orderers read it."), field="reason")


def windows_to_close(day: date, *, now: datetime) -> list[DeliveryWindow]:
    """Return the windows of the day that are not over."""
    return [window for window in DeliveryWindow.objects.filter(date=day) if window.ends_at > now]


def next_windows(day: date) -> list[DeliveryWindow]:
    """Return the open windows of the next later day that has any, full windows too."""
    later = list(DeliveryWindow.objects.filter(date__gt=day, is_open=True))
    return [window for window in later if window.date == later[0].date]


def outcomes_of_closing(
    orders: Iterable[Order], windows: Iterable[DeliveryWindow], *, now: datetime
) -> Iterator[Outcome]:
    """Return for each order the window it goes to, preferably with the same hours, or why it is cancelled.

    Orders are taken one after the other: each takes its place before the next order is decided.
    """
    windows = list(windows)
    for order in orders:
        assert order.window
        starts = order.window.starts
        outcome = _outcome(order, sorted(windows, key=lambda window: window.starts != starts), now)
        if outcome.window:
            outcome.window.booked += 1
        yield outcome


def _outcome(order: Order, windows: list[DeliveryWindow], now: datetime) -> Outcome:
    why = ""
    for window in windows:
        try:
            check_fits(order, window, order.patient.certification_on(window.date), now=now)
        except DeliveryError as error:
            why = why or str(error)
        else:
            return Outcome(order, window, "")
    return Outcome(order, None, why or _("There is no later delivery day yet."))
