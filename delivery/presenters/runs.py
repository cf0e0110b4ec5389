"""The runs of a window, as the page on which a Manager plans them shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from delivery import rules
from delivery.models import DeliveryWindow, Order, Run, WindowPlan

KEPT = {Order.Kept.RUN.value: _("Kept in this run"), Order.Kept.PLACE.value: _("Kept here")}


@dataclass(frozen=True)
class PlannedOrder:
    """An order with where it goes and when; `is_same_door` is whether the order before it goes to the same door.

    `kept` is what a plan leaves alone, and `why` why the last plan has no run for it; both in words, or empty.
    """

    order: Order
    position: int | None
    is_same_door: bool
    is_late: bool = False
    kept: Any = ""
    why: str = ""


@dataclass(frozen=True)
class PlannedRun:
    """A run with its orders in the order of the stops, how many stops they are, and when the last one is."""

    run: Run
    driver: str
    orders: list[PlannedOrder]
    stops: int

    @property
    def last_at(self) -> datetime | None:
        times = [row.order.planned_at for row in self.orders if row.order.planned_at]
        return max(times, default=None)

    @property
    def can_change(self) -> bool:
        """Whether plans may change the run: it has not left."""
        return not self.run.is_closed and self.run.opened_at is None


@dataclass(frozen=True)
class Choice:
    """A driver who can be planned for, with their run in the window and whether they are ticked at first."""

    driver: User
    name: str
    run: Run | None
    vehicle: str
    is_ticked: bool


@dataclass(frozen=True)
class Plan:
    """The open orders of a window without a run, by ZIP code, its runs, and how it was planned last."""

    window: DeliveryWindow
    waiting: list[PlannedOrder]
    runs: list[PlannedRun]
    made: WindowPlan | None
    choices: list[Choice]
    start_zip: str  # where runs begin, or "" when the terms do not say

    @property
    def is_being_made(self) -> bool:
        return self.made is not None and self.made.finished_at is None

    @property
    def unserved(self) -> int:
        """How many of the orders without a run no driver could bring."""
        return sum(bool(row.why) for row in self.waiting)


def staff_name(user: User | None) -> str:
    """Return the first name of a member of staff, or the address where none was entered; "" for nobody."""
    return (user.first_name or user.email) if user else ""


def plan_of(window: DeliveryWindow, drivers: Iterable[User]) -> Plan:
    """Return who drives what in this window, what nobody drives yet, and which of the `drivers` can be planned for."""
    orders = Order.objects.filter(window=window).select_related("patient").order_by("position", "pk")
    waiting = list(orders.before_departure().filter(run__isnull=True).order_by("zip_code", "pk"))
    in_runs: dict[int | None, list[Order]] = {}
    for order in orders.filter(run__isnull=False):
        in_runs.setdefault(order.run_id, []).append(order)
    runs = list(window.runs.select_related("driver").order_by("number"))
    made = WindowPlan.objects.filter(window=window).select_related("asked_by").first()
    whys = {pk: str(WindowPlan.Why(why).label) for pk, why in made.unserved} if made else {}
    return Plan(
        window=window,
        waiting=_rows([order for stop in rules.stops_of(waiting) for order in stop], window, whys),
        runs=[_planned(run, in_runs.get(run.pk, []), window) for run in runs],
        made=made,
        choices=_choices(drivers, runs, made),
        start_zip=rules.policy_on(window.date).origin_zip,
    )


def _planned(run: Run, orders: list[Order], window: DeliveryWindow) -> PlannedRun:
    return PlannedRun(run, staff_name(run.driver), _rows(orders, window), len(rules.stops_of(orders)))


def _rows(orders: Iterable[Order], window: DeliveryWindow, whys: Mapping[int, str] | None = None) -> list[PlannedOrder]:
    rows, before = list[PlannedOrder](), None
    for order in orders:
        door = rules.door_key(order)
        is_late = order.is_open and order.planned_at is not None and order.planned_at >= window.ends_at
        why = (whys or {}).get(order.pk, "")
        rows.append(PlannedOrder(order, order.position, door == before, is_late, KEPT.get(order.kept, ""), why))
        before = door
    return rows


def _choices(drivers: Iterable[User], runs: Iterable[Run], made: WindowPlan | None) -> list[Choice]:
    """Return the drivers who are not on their way: those of the last plan are ticked, or else those who have a run."""
    own = {run.driver_id: run for run in runs if not run.is_closed}
    asked = dict(made.crews) if made else {}
    found = list[Choice]()
    for driver in drivers:
        run = own.get(driver.pk)
        if run is None or run.opened_at is None:
            vehicle = run.vehicle if run else asked.get(driver.pk, "")
            is_ticked = driver.pk in asked if made else run is not None
            found.append(Choice(driver, staff_name(driver), run, vehicle, is_ticked))
    return found
