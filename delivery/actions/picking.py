"""Changing the lot that an order takes; confirming an order gives it the oldest lots."""

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Order, Product
from delivery.writes.holds import held_of
from delivery.writes.locks import lock_order
from delivery.writes.lots import change_lot_of_items
from delivery.writes.orders import tell_repacked


@audited("order.change_lot", subject="order")
def change_lot(*, order: Order, product: Product, lot: str, by: User) -> None:
    """Take all items of a product in the order from `lot`. The same call again changes nothing.

    Raises TransitionError, ProductError, StockError.
    """
    order = lock_order(order)
    rules.check_holds_product(order, product)
    rules.check_lot_is_known(product, lot)
    rules.check_is_not_recalled(product, lot)
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    others = [(old, quantity) for pk, old, quantity in held_of(order) if pk == product.pk and old != lot]
    rules.check_lot_has(product, lot, sum(quantity for _old, quantity in others))
    for old, quantity in others:
        change_lot_of_items(order, product.pk, old, lot, quantity, by=by)
    record(by=by, subject=order)
    tell_repacked(order, by=by)
