"""Which lot an order takes: the one that came first, unless staff say otherwise. So a lot lists who got it."""

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.actions.holding import held_of, locked
from delivery.models import Order, Product, StockMovement

K = StockMovement.Kind


def pick_lots(order: Order, *, by: User) -> None:
    """Give the order's items their lots, the oldest first. What no lot has is left without one; the stock stays."""
    held = [row for row in held_of(order) if not row[1]]
    ids = sorted({product for product, _lot, _quantity in held})
    products = Product.objects.select_for_update(no_key=True).order_by("pk").in_bulk(ids)
    for product, _lot, quantity in held:
        for lot, there in rules.lots_with_stock(products[product]):
            taken = min(there, quantity)
            if taken:
                _put_into_lot(order, product, "", lot, taken, by=by)
                quantity -= taken


@audited("order.change_lot", subject="order")
def change_lot(*, order: Order, product: Product, lot: str, by: User) -> None:
    """Staff took all the order's items of a product from `lot`. Again changes nothing.

    Raises TransitionError, ProductError, StockError.
    """
    order = locked(order)
    rules.check_holds_product(order, product)
    rules.check_lot_is_known(product, lot)
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    others = [(old, quantity) for pk, old, quantity in held_of(order) if pk == product.pk and old != lot]
    rules.check_lot_has(product, lot, sum(quantity for _old, quantity in others))
    for old, quantity in others:
        _put_into_lot(order, product.pk, old, lot, quantity, by=by)
    record(by=by, subject=order)


def _put_into_lot(order: Order, product_id: int, old: str, new: str, quantity: int, *, by: User) -> None:
    """A pair that leaves the stock as it was."""
    StockMovement.objects.bulk_create(
        StockMovement(order=order, product_id=product_id, kind=kind, lot=lot, quantity=moved, by=by)
        for kind, lot, moved in ((K.RELEASED, old, quantity), (K.RESERVED, new, -quantity))
    )
