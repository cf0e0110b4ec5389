"""The coming delivery day and the last one, for the staff's start page: windows, and what became of the orders.

One query counts the orders of both days, because the page may take twelve.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Model, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from delivery.models import DeliveryWindow, Order, WaitingEntry
from delivery.rules import closes_at, policy_on

MOST_WINDOWS = 20  # more than one day has
Status = Order.Status
UNDONE = (Status.CANCELLED, Status.REFUSED)  # before the day: nobody was to deliver them
# The statuses of a window on the start page, and those that only the day itself knows.
BEFORE_THE_DAY = ((Status.PLACED, _("to review")), (Status.CONFIRMED, _("confirmed")), (Status.PACKED, _("packed")))
ON_THE_DAY = ((Status.OUT_FOR_DELIVERY, _("on the way")), (Status.DELIVERED, _("delivered")))
ENDED = ((Status.DELIVERED, _("Delivered")), (Status.RETURNED, _("Returned")), (Status.LAPSED, _("Lapsed")))


@dataclass(frozen=True)
class Figure:
    """A number with its noun, and the address of the list that shows exactly so many rows."""

    count: int
    noun: Any
    url: str


@dataclass(frozen=True)
class WindowCard:
    """A window of the next delivery day: its places, its orders by status, and who waits for a place."""

    window: DeliveryWindow
    closes_at: datetime
    is_past_cutoff: bool
    taken: Figure
    figures: list[Figure]


@dataclass(frozen=True)
class LastDay:
    """What became of the orders of the last delivery day: a figure for each end, and how many orders there were."""

    day: date
    ends: list[Figure]
    total: int


@dataclass(frozen=True)
class OrderCount:
    """How many orders of a window have a status."""

    day: date
    window_id: int
    status: str
    count: int


def list_url(model: type[Model], **query: str) -> str:
    """Return the address of the admin's list of a model with these filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def next_windows(now: datetime) -> list[DeliveryWindow]:
    """Return the windows of the next delivery day; today's count until the last of them has ended."""
    coming = DeliveryWindow.objects.filter(date__gte=localdate(now), is_open=True)[:MOST_WINDOWS]
    days = sorted({window.date for window in coming if window.ends_at > now})
    return [window for window in coming if days and window.date == days[0]]


def order_counts(windows: list[DeliveryWindow], now: datetime) -> list[OrderCount]:
    """Return the orders by window and status, of these windows and of the last day before them that had orders."""
    before = windows[0].date if windows else localdate(now) + timedelta(days=1)
    with_orders = Exists(Order.objects.placed().filter(window=OuterRef("pk")))
    past = DeliveryWindow.objects.filter(with_orders, date__lt=before).order_by("-date")
    of_days = DeliveryWindow.objects.filter(
        Q(pk__in=[window.pk for window in windows]) | Q(date=Subquery(past.values("date")[:1]))
    )
    orders = Order.objects.placed().filter(window__in=of_days.values("pk")).order_by()
    rows = orders.values_list("window__date", "window", "status").annotate(count=Count("pk"))
    return [OrderCount(*row) for row in rows]


def cards(
    windows: list[DeliveryWindow], counts: list[OrderCount], waits: Mapping[int, int], now: datetime
) -> list[WindowCard]:
    """Return a card for each window; `waits` counts the waiting list by window."""
    policy = policy_on(windows[0].date) if windows else None
    by_status = {(found.window_id, found.status): found.count for found in counts}
    statuses = BEFORE_THE_DAY + (ON_THE_DAY if windows and windows[0].date == localdate(now) else ())
    return [
        WindowCard(
            window=window,
            closes_at=closes_at(window, policy),
            is_past_cutoff=closes_at(window, policy) < now,
            taken=_of_window(window, window.booked, "", "place"),
            figures=[
                *(_of_window(window, by_status.get((window.pk, status), 0), noun, status) for status, noun in statuses),
                _waiting(window, waits.get(window.pk, 0)),
            ],
        )
        for window in windows
        if policy
    ]


def _of_window(window: DeliveryWindow, count: int, noun: Any, status: str) -> Figure:
    return Figure(count, noun, list_url(Order, status=status, window=str(window.pk)))


def _waiting(window: DeliveryWindow, count: int) -> Figure:
    url = list_url(WaitingEntry, window=str(window.pk), ended_at__isempty="1")
    return Figure(count, _("on the waiting list"), url)


def last_day(windows: list[DeliveryWindow], counts: list[OrderCount]) -> LastDay | None:
    """Return what became of the last delivery day, or None when there was none."""
    shown = {window.pk for window in windows}
    past = [found for found in counts if found.window_id not in shown and found.status not in UNDONE]
    if not past:
        return None
    day = past[0].day
    sums = {status: sum(found.count for found in past if found.status == status) for status, _noun in ENDED}
    ends = [Figure(sums[status], noun, list_url(Order, status=status, window__date=str(day))) for status, noun in ENDED]
    return LastDay(day, ends, sum(found.count for found in past))
