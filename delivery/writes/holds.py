"""The hold of an order: the place, stock and allotment that it takes up.

Each write runs inside the caller's transaction. The allotment needs no row: it is counted from the open orders.
"""

from collections.abc import Collection

from django.db.models import Case, F, Sum, When

from accounts.models import User
from delivery import rules
from delivery.models import DeliveryWindow, Order, OrderLine, Product, StockMovement
from ui.prepared import Change, Prepared


def take_place(window: DeliveryWindow) -> None:
    """Take one place of the window; raises WindowError where there is none.

    One statement looks and takes, so nobody comes between; the row stays locked.
    """
    while not _one_place.change(window=window.pk):
        rules.check_window_has_room(_window.first(pk=window.pk))


_window = Prepared(lambda *, pk: DeliveryWindow.objects.filter(pk=pk))
_one_place = Prepared(
    lambda *, window: Change(DeliveryWindow.objects.with_room().filter(pk=window), booked=F("booked") + 1)
)


def take_stock(order: Order, lines: list[OrderLine], *, by: User) -> None:
    """Take the stock of each line, and fix the prices and amounts of today on the lines."""
    changed = [line for line in lines if not _is_as_product(line)]
    for line in changed:
        line.unit_price_cents, line.amount_mg = line.product.price_cents, line.product.amount_mg
    OrderLine.objects.bulk_update(changed, ["unit_price_cents", "amount_mg"])
    reserve(order, lines, by=by)


def _is_as_product(line: OrderLine) -> bool:
    return (line.unit_price_cents, line.amount_mg) == (line.product.price_cents, line.product.amount_mg)


def reserve(order: Order, lines: list[OrderLine], *, by: User) -> None:
    """Take the stock of each line, without a lot yet."""
    lines = sorted(lines, key=lambda line: line.product_id)
    _stock.change(products=[line.product_id for line in lines], moved=[-line.quantity for line in lines])
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=line.product_id, kind=StockMovement.Kind.RESERVED, quantity=-line.quantity, order=order, by=by
        )
        for line in lines
    )


def _change_of_stock(*, products: list[int], moved: list[int]) -> Change:
    of_product = Case(*(When(pk=product, then=quantity) for product, quantity in zip(products, moved, strict=True)))
    return Change(Product.objects.filter(pk__in=products), stock=F("stock") + of_product)


_stock = Prepared(_change_of_stock)


def release_hold(order: Order, *, by: User | None) -> None:
    """Release the place, stock and allotment that an order holds, the stock lot by lot."""
    assert order.window_id
    DeliveryWindow.objects.filter(pk=order.window_id).update(booked=F("booked") - 1)
    held = held_of(order)
    for product, _lot, quantity in held:
        Product.objects.filter(pk=product).update(stock=F("stock") + quantity)
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=product, lot=lot, kind=StockMovement.Kind.RELEASED, quantity=quantity, order=order, by=by
        )
        for product, lot, quantity in held
    )


def held_of(order: Order) -> list[tuple[int, str, int]]:
    """Return (product id, lot, quantity) of the stock that the order holds, sorted by product and lot."""
    return [(product, lot, quantity) for _order, product, lot, quantity in held_of_many([order])]


def held_of_many(orders: Collection[Order]) -> list[tuple[int, int, str, int]]:
    """Return (order id, product id, lot, quantity) of the stock that the orders hold, sorted so."""
    moved = StockMovement.objects.filter(order__in=orders).held().order_by()
    summed = moved.values_list("order", "product", "lot").annotate(moved=Sum("quantity"))
    return sorted((order, product, lot, -moved) for order, product, lot, moved in summed if moved < 0)
