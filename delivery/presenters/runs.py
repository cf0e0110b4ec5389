"""The runs of a window, as the page on which a Manager plans them shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from delivery import rules
from delivery.models import DeliveryWindow, Order, Run


@dataclass(frozen=True)
class PlannedOrder:
    """An order with where it goes; `is_same_door` is whether the order before it goes to the same door."""

    order: Order
    position: int | None
    is_same_door: bool


@dataclass(frozen=True)
class PlannedRun:
    """A run with its orders in the order of the stops, and how many stops they are."""

    run: Run
    driver: str
    orders: list[PlannedOrder]
    stops: int


@dataclass(frozen=True)
class Plan:
    """The open orders of a window without a run, by ZIP code, and its runs."""

    window: DeliveryWindow
    waiting: list[PlannedOrder]
    runs: list[PlannedRun]


def staff_name(user: User | None) -> str:
    """Return the first name of a member of staff, or the address where none was entered; "" for nobody."""
    return (user.first_name or user.email) if user else ""


def plan_of(window: DeliveryWindow) -> Plan:
    """Return who drives what in this window, and what nobody drives yet."""
    orders = Order.objects.filter(window=window).select_related("patient").order_by("position", "pk")
    waiting = list(orders.before_departure().filter(run__isnull=True).order_by("zip_code", "pk"))
    in_runs: dict[int | None, list[Order]] = {}
    for order in orders.filter(run__isnull=False):
        in_runs.setdefault(order.run_id, []).append(order)
    return Plan(
        window=window,
        waiting=_rows([order for stop in rules.stops_of(waiting) for order in stop]),
        runs=[
            _planned(run, in_runs.get(run.pk, [])) for run in window.runs.select_related("driver").order_by("number")
        ],
    )


def _planned(run: Run, orders: list[Order]) -> PlannedRun:
    return PlannedRun(run, staff_name(run.driver), _rows(orders), len(rules.stops_of(orders)))


def _rows(orders: Iterable[Order]) -> list[PlannedOrder]:
    rows, before = list[PlannedOrder](), None
    for order in orders:
        door = rules.door_key(order)
        rows.append(PlannedOrder(order, order.position, door == before))
        before = door
    return rows
