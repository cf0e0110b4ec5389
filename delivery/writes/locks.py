"""The row locks that several actions take. Each lock holds until the caller's transaction ends.

The order is the same everywhere: patient, certification, order, window, products by id.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from certification.models import Patient
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product


def lock_order(order: Order) -> Order:
    """Lock the patient, then the order; return the order with its window, policy, patient and orderer."""
    Patient.objects.select_for_update(no_key=True).get(orders=order)
    return (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("window", "policy", "patient", "placed_by")
        .get(pk=order.pk)
    )


def lock_orders(orders: QuerySet[Order], *, windows: Iterable[DeliveryWindow] = ()) -> set[int]:
    """Lock the orders, then their windows and `windows`, then their products; return the keys of the orders."""
    held = list(orders.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", "window"))
    for model, ids in (
        (DeliveryWindow, {window for _order, window in held} | {window.pk for window in windows}),
        (
            Product,
            set(OrderLine.objects.filter(order__in=[pk for pk, _window in held]).values_list("product", flat=True)),
        ),
    ):
        list(model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    return {pk for pk, _window in held}


def lock_hold(order: Order, *, more: Iterable[int] = ()) -> dict[int, Product]:
    """Lock the window of an order, then its products and `more`, by id; return the products by id."""
    assert order.window_id  # anything but a cart has one
    list(DeliveryWindow.objects.select_for_update(no_key=True).filter(pk=order.window_id).values_list("pk"))
    ids = {*order.lines.values_list("product", flat=True), *more}
    return Product.objects.select_for_update(no_key=True).order_by("pk").in_bulk(ids)


def lock_calendar() -> None:
    """Let only one action at a time change which deliveries are made when; orders do not wait for this lock."""
    list(DeliveryPolicy.objects.select_for_update(no_key=True).order_by("pk").values_list("pk")[:1])
