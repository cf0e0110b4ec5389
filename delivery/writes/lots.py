"""The lots that an order takes. Each write runs inside the caller's transaction, with the order locked."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date

from accounts.models import User
from delivery import rules
from delivery.models import Lot, Order, Product, StockMovement
from delivery.writes.holds import held_of, held_of_many

K = StockMovement.Kind


def pick_lots(orders: Collection[Order], *, by: User) -> None:
    """Give the orders' items their lots, the first to expire first; the order placed first chooses first.

    No order takes a lot that ends before its delivery. What no lot has is left without one; the stock stays.
    """
    held = [row for row in held_of_many(orders) if not row[2]]
    products = sorted({product for _order, product, _lot, _quantity in held})
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=products).order_by("pk").values_list("pk"))
    left = {product: dict(lots) for product, lots in rules.lots_of_products(products).items()}
    ends = rules.last_days_of_lots(products)
    by_age = {order.pk: (order.placed_at, order.pk) for order in orders}
    days = dict(Order.objects.filter(pk__in=by_age).values_list("pk", "window__date"))
    moves = []
    for order, product, _lot, quantity in sorted(held, key=lambda row: (by_age[row[0]], row[1])):
        ended = {lot for lot in left.get(product, {}) if ends.get((product, lot), date.max) < days[order]}
        for lot, taken in _taken_from(left.get(product, {}), quantity, without=ended):
            moves += _other_lot(order, product, "", lot, taken, by=by)
    StockMovement.objects.bulk_create(moves, batch_size=500)


def _taken_from(lots: dict[str, int], quantity: int, *, without: set[str]) -> Iterator[tuple[str, int]]:
    """Yield from which lots `quantity` items come, and how many from each; take them out of `lots`."""
    for lot, there in lots.items():
        taken = 0 if lot in without else min(there, quantity)
        if taken:
            lots[lot] -= taken
            quantity -= taken
            yield lot, taken


def change_lot_of_items(order: Order, product_id: int, old: str, new: str, quantity: int, *, by: User) -> None:
    """Write two movements, net zero: the order gives `quantity` of the old lot back and takes as many of the new."""
    StockMovement.objects.bulk_create(_other_lot(order.pk, product_id, old, new, quantity, by=by))


def take_lots(order: Order, product_id: int, wanted: Counter[str], *, by: User) -> None:
    """Let the order hold as many of each lot of a product as wanted; both sides have as many items, the stock stays."""
    held = Counter({lot: quantity for product, lot, quantity in held_of(order) if product == product_id})
    given_back, taken = sorted((held - wanted).elements()), sorted((wanted - held).elements())
    for (old, new), quantity in Counter(zip(given_back, taken, strict=True)).items():
        change_lot_of_items(order, product_id, old, new, quantity, by=by)


def _other_lot(order_id: int, product_id: int, old: str, new: str, quantity: int, *, by: User) -> list[StockMovement]:
    return [
        StockMovement(order_id=order_id, product_id=product_id, kind=kind, lot=lot, quantity=moved, by=by)
        for kind, lot, moved in ((K.RELEASED, old, quantity), (K.RESERVED, new, -quantity))
    ]


def keep_lot(product: Product, number: str, details: rules.LotDetails | None, *, today: date) -> Lot:
    """Return the row of a lot that is received, made or completed with its details.

    Raises StockError where the lot has ended, was recalled, or was received with other details.
    """
    lot, _is_new = Lot.objects.select_for_update(no_key=True).get_or_create(product=product, number=number)
    rules.check_is_not_recalled(product, number)
    if details is not None:
        rules.check_lot_details(details)
        rules.check_end_is_likely(details, today=today)
        rules.check_details_agree(lot, details)
        write_details(lot, details)
    if lot.expires_date is not None:
        rules.check_lot_has_not_ended(number, lot.expires_date, today=today)
    return lot


def write_details(lot: Lot, details: rules.LotDetails) -> None:
    """Write what the label of the lot says."""
    lot.producer, lot.expires_date = details.producer.strip(), details.expires_date
    lot.thc_mg, lot.cbd_mg = details.thc_mg, details.cbd_mg
    lot.save(update_fields=["producer", "expires_date", "thc_mg", "cbd_mg"])
