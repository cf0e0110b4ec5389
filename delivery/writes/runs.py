"""What several actions do to runs. Each write runs inside the caller's transaction, with the orders locked."""

from collections.abc import Iterable

from django.db.models import Case, F, Q, When

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
    order.run = order.position = None
    return ["run", "position"]


def write_route(run: Run, route: list[Order]) -> None:
    """Put these orders, and no others, into the run in this order."""
    pks = [order.pk for order in route]
    run.orders.exclude(pk__in=pks).update(run=None, position=None)
    run.orders.update(position=F("position") + ASIDE)
    places = Case(*(When(pk=pk, then=place) for place, pk in enumerate(pks, start=1)))
    if pks:
        Order.objects.filter(pk__in=pks, window=run.window_id).update(run=run, position=places)


def start_of(run: Run) -> str:
    """Return the ZIP code from which the run sets out, or an empty text when the terms name none."""
    return rules.policy_on(run.window.date).origin_zip
