"""Runs: making them, putting orders into them, and the order of their stops."""

from collections.abc import Mapping, Sequence

from django.db.models import Max

from accounts.models import User
from audit.actions import audited, record, record_many
from delivery import rules
from delivery.models import DeliveryWindow, Order, Run
from delivery.writes.runs import keep, leave_run, lock_orders_of_run, lock_run, route_of, start_of, write_route


@audited("run.make", subject="window")
def make_run(
    *,
    window: DeliveryWindow,
    by: User,
    orders: Sequence[Order] = (),
    driver: User | None = None,
    vehicle: str = "",
) -> Run:
    """Make a run for a window, with these orders in it: a person decided that, so plans keep them there.

    Raises RunError, or TransitionError for an order that is not open.
    """
    lock_orders_of_run(None, orders)
    window = DeliveryWindow.objects.select_for_update(no_key=True).get(pk=window.pk)
    rules.check_can_drive(driver, window)
    last = window.runs.aggregate(last=Max("number", default=0))["last"]
    run = Run.objects.create(window=window, number=last + 1, driver=driver, vehicle=vehicle)
    record(by=by, subject=run)
    _put_into(run, orders, by=by)
    return run


@audited("run.assign", subject="run")
def assign_run(*, orders: Sequence[Order], run: Run | None, by: User) -> None:
    """Put open orders of one window into a run, or take them out of theirs when `run` is None.

    What is in the run keeps its order. A new order stands beside the other orders to its door; new doors come at the
    end, the nearest next. A plan leaves these orders in the run. The same call again changes nothing. Raises RunError
    or TransitionError, and then changes nothing either.
    """
    lock_orders_of_run(run, orders)
    if run is not None:
        _put_into(lock_run(run), orders, by=by)
        return
    for order in _fresh(orders):
        if order.run_id is not None:
            rules.check_can_change_run(order)
            order.save(update_fields=leave_run(order))
            record(action="order.leave_run", by=by, subject=order)


def _put_into(run: Run, orders: Sequence[Order], *, by: User) -> None:
    new = [order for order in _fresh(orders) if order.run_id != run.pk]
    for order in new:
        rules.check_fits_run(order, run)
        record(action="order.join_run", by=by, subject=order)
    write_route(run, rules.with_new_stops(route_of(run), new, start_zip=start_of(run)))
    keep([order.pk for order in new], Order.Kept.RUN)


def _fresh(orders: Sequence[Order]) -> list[Order]:
    """Return the orders as the database has them now, in the order in which they were placed."""
    found = Order.objects.filter(pk__in=[order.pk for order in orders])
    return list(found.select_related("window", "run").order_by("placed_at", "pk"))


@audited("run.save", subject="run")
def save_run(*, run: Run, driver: User | None, vehicle: str, positions: Mapping[int, int], by: User) -> Run:
    """Save the driver, the vehicle and the positions that a person typed anew: `positions` by the id of an order.

    A plan leaves these orders where they are. One that left the run meanwhile is passed over. Raises RunError.
    """
    lock_orders_of_run(run)
    run = lock_run(run)
    rules.check_run_is_open(run)
    rules.check_keeps_driver(run, driver)
    if driver != run.driver:
        rules.check_can_drive(driver, run.window, run=run)
    run.driver, run.vehicle = driver, vehicle
    run.save(update_fields=["driver", "vehicle"])
    route = route_of(run)
    write_route(run, rules.sorted_by_hand(route, positions))
    moved = [order.pk for order in route if positions.get(order.pk, order.position) != order.position]
    keep(moved, Order.Kept.PLACE)
    record(by=by, subject=run)
    return run


@audited("run.free", subject="window")
def free_orders(*, window: DeliveryWindow, orders: Sequence[Order], by: User) -> int:
    """Let the next plan decide about these orders again; return about how many a person had decided."""
    lock_orders_of_run(None, orders)
    kept = [order for order in _fresh(orders) if order.kept and order.window_id == window.pk]
    keep([order.pk for order in kept], "")
    record_many(by=by, subjects=kept)
    return len(kept)
