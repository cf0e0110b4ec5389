"""The coming delivery day and the last one, for the staff's start page: windows, runs, and what became of the orders.

One query counts the orders of both days, because the page may take twelve.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Max, Min, Model, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.models import DeliveryWindow, HandOver, Order, Run, WaitingEntry
from delivery.models.questions import OPEN
from delivery.models.runs import NOON
from delivery.rules import closes_at, policy_on
from ui.templatetags.portal import clock

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
class RunRow:
    """A run of the next delivery day: who drives it, how many of its orders are done, and where it is, in words.

    `planned_from` and `planned_to` are when the driver comes to the first and to the last door, or None without a plan.
    `needs_look` is whether it is late or has no driver. `last_stop` is where and when it handed an order over last, on
    the day itself. The orders that are in no run are a row without an address.
    """

    name: str
    url: str
    driver: str
    vehicle: str
    orders: Figure
    done: Figure
    where: Any
    needs_look: bool
    last_stop: str = ""
    planned_from: datetime | None = None
    planned_to: datetime | None = None


@dataclass(frozen=True)
class LastDay:
    """The ends of the orders of the last delivery day: a figure for each end, and how many orders there were.

    `money_url` leads to the hand-overs that the money is of.
    """

    day: date
    ends: list[Figure]
    total: Figure
    money_cents: int
    money_url: str
    settled: Figure
    runs: Figure


@dataclass(frozen=True)
class OrderCount:
    """How many orders of a window and a run have a status, and the money that was due for those handed over.

    `last_at` and `last_town` are of the last hand-over of the run. By its plan the driver is at the first of these
    doors at `planned_from`, and at the last at `planned_to`.
    """

    day: date
    window_id: int
    status: str
    run_id: int | None
    run_number: int | None
    driver: str | None
    driver_email: str | None
    vehicle: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    count: int
    money_cents: int | None
    last_at: datetime | None = None
    last_town: str | None = None
    planned_from: datetime | None = None
    planned_to: datetime | None = None


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
    rows = orders.values_list(
        "window__date", "window", "status", "run", "run__number", "run__driver__first_name", "run__driver__email",
        "run__vehicle", "run__opened_at", "run__closed_at",
    )  # fmt: skip
    last = HandOver.objects.filter(run=OuterRef("run")).order_by("-stated_at")
    counted = rows.annotate(
        count=Count("pk"),
        money=Sum("hand_over__amount_due_cents"),
        last_at=Subquery(last.values("stated_at")[:1]),
        last_town=Subquery(last.values("order__city")[:1]),
        planned_from=Min("planned_at"),
        planned_to=Max("planned_at"),
    )
    return [OrderCount(*row) for row in counted]


def cards(
    windows: list[DeliveryWindow], counts: list[OrderCount], waits: Mapping[int, int], now: datetime
) -> list[WindowCard]:
    """Return a card for each window; `waits` counts the waiting list by window."""
    policy = policy_on(windows[0].date) if windows else None
    by_status = Counter[tuple[int, str]]()
    for found in counts:
        by_status[found.window_id, found.status] += found.count
    statuses = BEFORE_THE_DAY + (ON_THE_DAY if windows and windows[0].date == localdate(now) else ())
    return [
        WindowCard(
            window=window,
            closes_at=closes_at(window, policy),
            is_past_cutoff=closes_at(window, policy) < now,
            taken=_of_window(window, window.booked, "", "place"),
            figures=[
                *(_of_window(window, by_status[window.pk, status], noun, status) for status, noun in statuses),
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


def runs(windows: list[DeliveryWindow], counts: list[OrderCount], now: datetime) -> list[RunRow]:
    """Return the runs of these windows that have orders, and for each window the open orders that are in no run."""
    return [
        _run_row(window, [found for found in in_window if found.run_id == run_id], now)
        for window in windows
        for in_window in [[found for found in counts if found.window_id == window.pk and _is_driven(found)]]
        for run_id in sorted({found.run_id for found in in_window}, key=lambda run_id: (run_id is None, run_id))
    ]


def _is_driven(found: OrderCount) -> bool:
    return found.run_id is not None or found.status in OPEN


def _run_row(window: DeliveryWindow, of_run: list[OrderCount], now: datetime) -> RunRow:
    run, orders = of_run[0], sum(found.count for found in of_run)
    done = sum(found.count for found in of_run if found.status not in OPEN)
    where, needs_look = _where(window, run, is_done=done == orders, now=now)
    planned_from, planned_to = _planned(of_run)
    half = _("Morning") if window.starts.hour < NOON else _("Afternoon")
    return RunRow(
        name=f"{half} {run.run_number or ''}".strip(),
        url=reverse("admin:delivery_run_change", args=[run.run_id]) if run.run_id else "",
        driver=run.driver or run.driver_email or "",
        vehicle=run.vehicle or "",
        orders=_of_run(
            window,
            run.run_id,
            orders,
            _("in the run") if run.run_id else _("in no run"),
            "due" if run.run_id else "no-run",
        ),
        done=_of_run(window, run.run_id, done, _("done"), "brought"),
        where=where,
        needs_look=needs_look,
        last_stop=_last_stop(window, run, now),
        planned_from=planned_from,
        planned_to=planned_to,
    )


def _of_run(window: DeliveryWindow, run_id: int | None, count: int, noun: Any, status: str) -> Figure:
    """Return a number of orders of a run, or of those of a window that are in no run."""
    of_run = {"run": str(run_id)} if run_id else {"window": str(window.pk)}
    return Figure(count, noun, list_url(Order, status=status, **of_run))


def _planned(of_run: list[OrderCount]) -> tuple[datetime | None, datetime | None]:
    """Return when the run comes to its first and its last door, by its plan; its rows are one for each status."""
    first = [found.planned_from for found in of_run if found.planned_from]
    last = [found.planned_to for found in of_run if found.planned_to]
    return min(first, default=None), max(last, default=None)


def _last_stop(window: DeliveryWindow, run: OrderCount, now: datetime) -> str:
    """Return the town and the time of the last hand-over, on the day and until the money is counted, or ""."""
    if run.last_at is None or run.closed_at or window.date != localdate(now):
        return ""
    return gettext("%(town)s, %(time)s") % {"town": run.last_town, "time": clock(run.last_at)}


def _where(window: DeliveryWindow, run: OrderCount, *, is_done: bool, now: datetime) -> tuple[Any, bool]:
    """Return where a run is, in words, and whether somebody should look: it is late, or nobody drives it."""
    if run.closed_at:
        return _("Settled"), False
    if run.run_id is None:
        return _("Needs a run"), True
    if not (run.driver or run.driver_email):
        return _("Needs a driver"), True
    if is_done:
        return _("All orders done"), False
    if now >= window.ends_at or (now >= window.starts_at and run.opened_at is None):
        return _("Late"), True
    return (_("On its way"), False) if run.opened_at else (_("Planned"), False)


def last_day(windows: list[DeliveryWindow], counts: list[OrderCount], *, sees_hand_overs: bool) -> LastDay | None:
    """Return what became of the last delivery day, or None when there was none.

    The money leads whoever may not see hand-overs to the runs that brought it.
    """
    shown = {window.pk for window in windows}
    past = [found for found in counts if found.window_id not in shown and found.status not in UNDONE]
    if not past:
        return None
    day = str(past[0].day)
    settled = {found.run_id for found in past if found.closed_at}
    driven = {found.run_id for found in past if found.run_id}
    all_runs = Figure(len(driven), _("runs in all"), list_url(Run, settled="driven", window__date=day))
    return LastDay(
        day=past[0].day,
        ends=[_ended(past, status, noun, day) for status, noun in ENDED],
        total=Figure(
            sum(found.count for found in past), _("to be delivered"), list_url(Order, status="due", window__date=day)
        ),
        money_cents=sum(found.money_cents or 0 for found in past),
        money_url=list_url(HandOver, run__window__date=day) if sees_hand_overs else all_runs.url,
        settled=Figure(len(settled), _("Runs settled"), list_url(Run, settled="yes", window__date=day)),
        runs=all_runs,
    )


def _ended(past: list[OrderCount], status: str, noun: Any, day: str) -> Figure:
    count = sum(found.count for found in past if found.status == status)
    return Figure(count, noun, list_url(Order, status=status, window__date=day))
