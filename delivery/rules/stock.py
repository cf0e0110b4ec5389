"""What may be received, counted and taken out of the stock. Each `check_` raises a DeliveryError."""

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Min, Q, Sum
from django.utils.translation import gettext as _

from delivery.models import Lot, Order, OrderLine, Product, ReturnedItem, StockMovement
from delivery.models.questions import BEFORE_DEPARTURE
from delivery.rules.errors import ProductError, QuantityError, StockError, TransitionError
from delivery.rules.lots import check_can_be_dispensed
from delivery.rules.recalled import is_recalled
from delivery.rules.returns import waiting_of

MOST_AT_ONCE = 10_000
MOST_FILE_BYTES = 1_000_000
LOT = re.compile(r"[A-Z0-9][A-Z0-9 ._/#-]{0,39}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class LotOrder:
    """An order that took `quantity` of a lot."""

    order: Order
    quantity: int


def check_moved_quantity(quantity: int) -> None:
    """The quantity of a movement is from 1 to 10,000; raises QuantityError."""
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise QuantityError(_("Enter a quantity from 1 to 10,000."), field="quantity")


def check_lot(lot: str) -> None:
    """The lot reads like a lot on a label, and no spreadsheet can take it for a formula; raises StockError."""
    if not LOT.fullmatch(lot):
        raise StockError(
            _("Enter the lot as the label has it: up to 40 letters, digits, spaces and . _ / # -, like LOT-2051."),
            field="lot",
        )


def check_lot_is_known(product: Product, lot: str) -> None:
    """This lot of the product was received; raises StockError."""
    if not product.movements.filter(kind=StockMovement.Kind.RECEIVED, lot=lot).exists():
        raise StockError(
            _("No lot %(lot)s of %(sku)s was received. Check the label.") % {"lot": lot, "sku": product.sku},
            field="lot",
        )


def check_lot_has(product: Product, lot: str, quantity: int) -> None:
    """At least `quantity` of the lot are not given to an order yet; raises StockError."""
    left = dict(lots_with_stock(product)).get(lot, 0)
    if quantity > left:
        raise StockError(
            _("Lot %(lot)s has %(count)d left for orders, and this order needs %(needed)d of it.")
            % {"lot": lot, "count": left, "needed": quantity},
            field="lot",
        )


def check_lot_covers(product: Product, lot: str, quantity: int) -> None:
    """At least `quantity` of the lot are in the stock and in no order, so they can be taken out; raises StockError."""
    left = dict(lots_with_stock(product)).get(lot, 0)
    if quantity > left:
        raise StockError(
            _("Lot %(lot)s has %(count)d left that no order takes. Enter no more than that, or another lot.")
            % {"lot": lot, "count": left},
            field="lot",
        )


def free_of_lot(product: Product, lot: str) -> tuple[int, int]:
    """Return how many of the lot no order needs, and how many more orders need that have no lot yet."""
    left = dict(lots_with_stock(product)).get(lot, 0)
    free = min(left, product.stock)
    return free, left - free


def check_some_is_free(lot: str, free: int, promised: int) -> None:
    """Some of the lot can be set aside; raises StockError."""
    if free:
        return
    words = _("Nothing of lot %(lot)s is left: orders hold it, or it is in quarantine already.")
    if promised:
        words = _(
            "Orders that nobody has confirmed yet need the %(count)d that are left of lot %(lot)s. Refuse these orders "
            "or receive another lot first."
        )
    raise StockError(words % {"lot": lot, "count": promised})


def lot_of_difference(product: Product, lot: str, difference: int) -> str:
    """Return the lot to which the difference of a count belongs: the lot that was named, or the only one there is.

    Raises StockError where there are several, none, or fewer of the lot than are missing: the lots would no longer add
    up to the stock.
    """
    if difference and not lot:
        lot = _only_lot(product, difference)
    if difference < 0:
        check_lot_covers(product, lot, -difference)
    return lot


def _only_lot(product: Product, difference: int) -> str:
    received = product.movements.filter(kind=StockMovement.Kind.RECEIVED)
    lots = dict(lots_with_stock(product)) or dict.fromkeys(received.values_list("lot", flat=True), 0)
    if len(lots) == 1:
        return next(iter(lots))
    if not lots:
        raise StockError(_("No lot of %(sku)s was received. Receive it with its lot.") % {"sku": product.sku})
    words = {"difference": f"{difference:+d}", "lots": ", ".join(f"{lot} × {left}" for lot, left in lots.items())}
    raise StockError(
        _("The count differs by %(difference)s. Enter the lot that it belongs to: %(lots)s.") % words, field="lot"
    )


def check_holds_product(order: Order, product: Product) -> None:
    """The order has not left and has the product in it; raises TransitionError or ProductError."""
    if not order.is_before_departure:
        raise TransitionError(_("This order has left or is closed; its lots stay as they are."))
    if not order.lines.filter(product=product).exists():
        raise ProductError(_("This order has no %(sku)s in it.") % {"sku": product.sku}, field="product")


def check_is_in_quarantine(product: Product, lot: str, quantity: int) -> None:
    """At least `quantity` of the lot are in quarantine, without what came back and waits; raises StockError."""
    waiting = waiting_of(product, lot)
    apart = quarantined(product, lot) - waiting
    if quantity <= apart:
        return
    words = _("Only %(count)d of lot %(lot)s are in quarantine.")
    if waiting:
        words = _(
            "Only %(count)d of lot %(lot)s are in quarantine. Besides, %(waiting)d came back from a door: a second "
            "person decides about them under “Returned items”."
        )
    raise StockError(words % {"count": apart, "lot": lot, "waiting": waiting}, field="quantity")


def check_count_covers_orders(product: Product, counted: int) -> None:
    """The count is from 0 to 10,000 and not less than what open orders hold; raises QuantityError or StockError."""
    if not 0 <= counted <= MOST_AT_ONCE:
        raise QuantityError(_("Enter how many you counted, from 0 to 10,000."), field="quantity")
    held = held_by_orders(product)
    if counted < held:
        raise StockError(
            _("Open orders hold %(held)d. Refuse the orders that cannot be filled first, then enter the count again.")
            % {"held": held},
            field="quantity",
        )


def held_by_orders(product: Product) -> int:
    """Return how many of the product orders hold that have not left: these items stand on the shelf."""
    return -product.movements.held().filter(order__status__in=BEFORE_DEPARTURE).total()


def check_can_be_packed(order: Order) -> None:
    """Each item of the order has a lot that can be dispensed; raises StockError or ProductError."""
    for line in order.lines.select_related("product", "order__window"):
        check_line_can_be_packed(line)


def check_line_can_be_packed(line: OrderLine) -> None:
    """Each item of the line has a lot that is not in quarantine and can be dispensed on the day of the delivery.

    Raises StockError or ProductError.
    """
    assert line.order.window  # anything but a cart has one
    lots = lots_of(line)
    words = {"name": line.product.full_name, "count": line.quantity - sum(quantity for _lot, quantity in lots)}
    if words["count"]:
        raise StockError(_("%(name)s: no lot has %(count)d of it. Enter it as short.") % words)
    for lot, _quantity in lots:
        if is_in_quarantine(line.product, lot):
            sentence = _("%(name)s: lot %(lot)s is in quarantine. Take another lot, or enter it as short.")
            raise StockError(sentence % {**words, "lot": lot})
        check_can_be_dispensed(line.product, lot, day=line.order.window.date)


def is_in_quarantine(product: Product, lot: str) -> bool:
    """Return whether the lot is in quarantine: it was recalled, or staff set aside all of it that no order takes.

    What came back from a door says nothing about the rest of its lot.
    """
    return is_recalled(product, lot) or _is_set_aside(product, lot)


def _is_set_aside(product: Product, lot: str) -> bool:
    return (product.pk, lot) in set_aside_lots([product.pk])


def set_aside_lots(keys: Collection[int]) -> set[tuple[int, str]]:
    """Return by (product id, lot) what staff set aside so that nothing of it is free: see `is_in_quarantine`."""
    put = StockMovement.objects.filter(product__in=keys, kind=StockMovement.Kind.QUARANTINED).order_by()
    moved = put.values_list("product", "lot").annotate(total=Sum("quantity"))
    apart = {(product, lot): -total for product, lot, total in moved if total < 0}
    if not apart:
        return set()
    came = ReturnedItem.objects.filter(product__in=keys).order_by()
    summed = came.values_list("product", "lot").annotate(total=Sum("waiting"))
    waiting = {(product, lot): total for product, lot, total in summed}
    free = {(product, lot) for product, lots in lots_of_products(keys).items() for lot, _left in lots}
    return {lot for lot, total in apart.items() if total > waiting.get(lot, 0) and lot not in free}


def quarantined(product: Product, lot: str | None = None) -> int:
    """Return how many of the product are in quarantine, of one lot or of all lots."""
    movements = product.movements.filter(kind=StockMovement.Kind.QUARANTINED)
    return -(movements if lot is None else movements.filter(lot=lot)).total()


def lots_with_stock(product: Product) -> list[tuple[str, int]]:
    """Return each lot with how many are not given to an order yet, as `lots_of_products`; no lots that are used up."""
    return lots_of_products([product.pk]).get(product.pk, [])


def lots_of_products(keys: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Return by product id each lot with how many are not given to an order yet; no lots used up or recalled.

    The first to expire comes first, then those without details; the oldest first among equals.
    """
    named = StockMovement.objects.filter(product__in=keys).exclude(lot="").order_by()
    received = Q(kind=StockMovement.Kind.RECEIVED)
    lots = named.values_list("product", "lot").annotate(left=Sum("quantity"), first=Min("pk", filter=received))
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    known = Lot.objects.filter(product__in=keys).values_list("product", "number", "expires_date", "recalled_at")
    ends = {(product, lot): end or date.max for product, lot, end, _recalled in known}
    recalled = {(product, lot) for product, lot, _end, recalled_at in known if recalled_at}
    for product, lot, left, _first in sorted(lots, key=lambda row: (row[0], ends.get(row[:2], date.max), row[3] or 0)):
        if left > 0 and (product, lot) not in recalled:
            found[product].append((lot, left))
    return dict(found)


def last_days_of_lots(keys: Collection[int]) -> dict[tuple[int, str], date]:
    """Return by (product id, lot) the last day on which it may be used; only lots whose details are known."""
    known = Lot.objects.filter(product__in=keys, expires_date__isnull=False)
    return {(product, lot): end for product, lot, end in known.values_list("product", "number", "expires_date") if end}


def lots_of(line: OrderLine) -> list[tuple[str, int]]:
    """Return each lot that the line takes or took, with its quantity; items without a lot are left out."""
    return lots_of_order(line.order_id, [line.product_id]).get(line.product_id, [])


def lots_of_order(order: int, keys: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Return by product id each lot that the order takes or took of these products, as `lots_of`."""
    moved = StockMovement.objects.filter(order=order, product__in=keys).exclude(lot="")
    summed = moved.values_list("product", "lot").annotate(total=Sum("quantity")).order_by("lot")
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for product, lot, total in summed:
        if total < 0:
            found[product].append((lot, -total))
    return dict(found)


def orders_of_lot(product: Product, lot: str) -> list[LotOrder]:
    """Return the orders that hold a lot or took it away, by delivery day."""
    taken = (
        StockMovement.objects.filter(product=product, lot=lot, order__isnull=False)
        .values_list("order")
        .annotate(moved=Sum("quantity"))
    )
    quantities = {order: -moved for order, moved in taken if moved < 0}
    orders = Order.objects.filter(pk__in=quantities).select_related("window").order_by("window__date", "number")
    return [LotOrder(order, quantities[order.pk]) for order in orders]


def stock_mismatches() -> list[Product]:
    """Return the products whose stock is not the sum of their movements; the nightly check expects none."""
    summed = Product.objects.annotate(moved=Sum("movements__quantity", default=0))
    return [product for product in summed if product.moved != product.stock]
