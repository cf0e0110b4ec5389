"""What several actions do to runs. Each write runs inside the caller's transaction, with the orders locked."""

from collections.abc import Collection, Iterable

from django.db.models import Case, F, Q, Value, When

from delivery import rules
from delivery.models import Order, Run

ASIDE = 10_000  # positions that no run has: the constraint counts each row of an UPDATE alone


def lock_run(run: Run) -> Run:
    """Lock the run; return it with its window and driver. Orders are locked before runs."""
    locked = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("window", "driver")
    return locked.get(pk=run.pk)


def lock_orders_of_run(run: Run | None, others: Iterable[Order] = ()) -> None:
    """Lock the orders of a run, and `others`."""
    asked = Q(pk__in=[order.pk for order in others]) | (Q(run=run) if run else Q())
    orders = Order.objects.select_for_update(no_key=True, of=("self",)).filter(asked)
    list(orders.order_by("pk").values_list("pk"))


def route_of(run: Run) -> list[Order]:
    """Return the orders of the run in the order in which they are driven."""
    return list(run.orders.select_related("window", "patient").order_by("position"))


def leave_run(order: Order) -> list[str]:
    """Take the order out of its run; return the fields to save."""
    order.run = order.position = order.planned_at = None
    order.kept = ""
    return ["run", "position", "planned_at", "kept"]


def write_route(run: Run, route: list[Order]) -> None:
    """Put these orders, and no others, into the run in this order, and plan when the driver comes to each door."""
    pks = [order.pk for order in route]
    run.orders.exclude(pk__in=pks).update(run=None, position=None, planned_at=None, kept="")
    run.orders.update(position=F("position") + ASIDE)
    if not pks:
        return
    times = rules.planned_times(route, start_zip=start_of(run), starts_at=run.window.starts_at)
    Order.objects.filter(pk__in=pks, window=run.window_id).update(
        run=run,
        position=Case(*(When(pk=pk, then=place) for place, pk in enumerate(pks, start=1))),
        planned_at=Case(*(When(pk=pk, then=Value(times[pk])) for pk in pks)),
    )


def keep(pks: Collection[int], what: str) -> None:
    """Note what a person decided about these orders, a value of `Order.Kept`; an empty text leaves them to the plan."""
    if pks:
        Order.objects.filter(pk__in=pks).update(kept=what)


def start_of(run: Run) -> str:
    """Return the ZIP code from which the run sets out, or an empty text when the terms name none."""
    return rules.policy_on(run.window.date).origin_zip
