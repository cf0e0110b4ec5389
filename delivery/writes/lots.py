"""The lots that an order takes. Each write runs inside the caller's transaction, with the order locked."""

from accounts.models import User
from delivery import rules
from delivery.models import Order, Product, StockMovement
from delivery.writes.holds import held_of

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
                change_lot_of_items(order, product, "", lot, taken, by=by)
                quantity -= taken


def change_lot_of_items(order: Order, product_id: int, old: str, new: str, quantity: int, *, by: User) -> None:
    """Write two movements, net zero: the order gives `quantity` of the old lot back and takes as many of the new."""
    StockMovement.objects.bulk_create(
        StockMovement(order=order, product_id=product_id, kind=kind, lot=lot, quantity=moved, by=by)
        for kind, lot, moved in ((K.RELEASED, old, quantity), (K.RESERVED, new, -quantity))
    )
