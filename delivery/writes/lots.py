"""The lots that an order takes. Each write runs inside the caller's transaction, with the order locked."""

from collections.abc import Collection, Iterator

from accounts.models import User
from delivery import rules
from delivery.models import Order, Product, StockMovement
from delivery.writes.holds import held_of_many

K = StockMovement.Kind


def pick_lots(orders: Collection[Order], *, by: User) -> None:
    """Give the orders' items their lots, the oldest first; the order placed first chooses first.

    What no lot has is left without one; the stock stays.
    """
    held = [row for row in held_of_many(orders) if not row[2]]
    products = sorted({product for _order, product, _lot, _quantity in held})
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=products).order_by("pk").values_list("pk"))
    left = {product: dict(lots) for product, lots in rules.lots_of_products(products).items()}
    by_age = {order.pk: (order.placed_at, order.pk) for order in orders}
    moves = []
    for order, product, _lot, quantity in sorted(held, key=lambda row: (by_age[row[0]], row[1])):
        for lot, taken in _taken_from(left.get(product, {}), quantity):
            moves += _other_lot(order, product, "", lot, taken, by=by)
    StockMovement.objects.bulk_create(moves, batch_size=500)


def _taken_from(lots: dict[str, int], quantity: int) -> Iterator[tuple[str, int]]:
    """Yield from which lots `quantity` items come, and how many from each; take them out of `lots`."""
    for lot, there in lots.items():
        taken = min(there, quantity)
        if taken:
            lots[lot] -= taken
            quantity -= taken
            yield lot, taken


def change_lot_of_items(order: Order, product_id: int, old: str, new: str, quantity: int, *, by: User) -> None:
    """Write two movements, net zero: the order gives `quantity` of the old lot back and takes as many of the new."""
    StockMovement.objects.bulk_create(_other_lot(order.pk, product_id, old, new, quantity, by=by))


def _other_lot(order_id: int, product_id: int, old: str, new: str, quantity: int, *, by: User) -> list[StockMovement]:
    return [
        StockMovement(order_id=order_id, product_id=product_id, kind=kind, lot=lot, quantity=moved, by=by)
        for kind, lot, moved in ((K.RELEASED, old, quantity), (K.RESERVED, new, -quantity))
    ]
