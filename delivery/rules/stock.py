"""What may be received, counted and taken out. Each `check_` raises a DeliveryError."""

import re
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import gettext as _

from delivery.models import Order, OrderLine, Product, StockMovement
from delivery.rules.errors import ProductError, QuantityError, StockError, TransitionError

MOST_AT_ONCE = 10_000
MOST_FILE_BYTES = 1_000_000
LOT = re.compile(r"[A-Z0-9][A-Z0-9 ._/#-]{0,39}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class LotOrder:
    """An order that took `quantity` of a lot."""

    order: Order
    quantity: int


def check_moved_quantity(quantity: int) -> None:
    """From 1 to 10,000 at once; raises QuantityError."""
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise QuantityError(_("Enter a quantity from 1 to 10,000."), field="quantity")


def check_lot(lot: str) -> None:
    """A lot as a label prints it; never what a spreadsheet would take for a formula. Raises StockError."""
    if not LOT.fullmatch(lot):
        raise StockError(
            _("Enter the lot as the label has it: up to 40 letters, digits, spaces and . _ / # -, like LOT-2051."),
            field="lot",
        )


def check_lot_is_known(product: Product, lot: str) -> None:
    """The lot was received of this product; raises StockError."""
    if not product.movements.filter(kind=StockMovement.Kind.RECEIVED, lot=lot).exists():
        raise StockError(
            _("No lot %(lot)s of %(sku)s was received. Check the label.") % {"lot": lot, "sku": product.sku},
            field="lot",
        )


def check_lot_has(product: Product, lot: str, quantity: int) -> None:
    """As many of the lot are not given to an order yet; raises StockError."""
    there = dict(lots_with_stock(product)).get(lot, 0)
    if quantity > there:
        raise StockError(
            _("Lot %(lot)s has %(count)d left for orders, and this order needs %(needed)d of it.")
            % {"lot": lot, "count": there, "needed": quantity},
            field="lot",
        )


def check_holds_product(order: Order, product: Product) -> None:
    """An open order with that product in it; raises TransitionError or ProductError."""
    if not order.has_hold:
        raise TransitionError(_("This order is closed; its lots stay as they are."))
    if not order.lines.filter(product=product).exists():
        raise ProductError(_("This order has no %(sku)s in it.") % {"sku": product.sku}, field="product")


def check_is_in_quarantine(product: Product, lot: str, quantity: int) -> None:
    """As many of the lot lie in quarantine; raises StockError."""
    there = quarantined(product, lot)
    if quantity > there:
        raise StockError(
            _("Only %(count)d of lot %(lot)s are in quarantine.") % {"count": there, "lot": lot}, field="quantity"
        )


def check_count_covers_orders(product: Product, counted: int) -> None:
    """A count from 0 to 10,000 that is at least what open orders hold; raises QuantityError or StockError."""
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
    """How many stand on the shelf for open orders."""
    return -product.movements.held().total()


def quarantined(product: Product, lot: str | None = None) -> int:
    """How many lie in quarantine, of one lot or of all."""
    movements = product.movements.filter(kind=StockMovement.Kind.QUARANTINED)
    return -(movements if lot is None else movements.filter(lot=lot)).total()


def lots_with_stock(product: Product) -> list[tuple[str, int]]:
    """(lot, how many are not yet given to an order), the one that came first first; lots used up are left out."""
    named = product.movements.exclude(lot="").values_list("lot").annotate(left=Sum("quantity"))
    first: dict[str, int] = {}
    for pk, lot in product.movements.filter(kind=StockMovement.Kind.RECEIVED).order_by("pk").values_list("pk", "lot"):
        first.setdefault(lot, pk)
    return sorted(((lot, left) for lot, left in named if left > 0), key=lambda pair: first.get(pair[0], 0))


def lots_of(line: OrderLine) -> list[tuple[str, int]]:
    """(lot, quantity) that a line takes, or took; what has no lot yet is left out."""
    moved = line.order.movements.filter(product=line.product_id).exclude(lot="")
    summed = moved.values_list("lot").annotate(total=Sum("quantity")).order_by("lot")
    return [(lot, -total) for lot, total in summed if total < 0]


def orders_of_lot(product: Product, lot: str) -> list[LotOrder]:
    """Who got a lot, or will: the orders that hold it or took it away, by delivery day."""
    taken = (
        StockMovement.objects.filter(product=product, lot=lot, order__isnull=False)
        .values_list("order")
        .annotate(moved=Sum("quantity"))
    )
    quantities = {order: -moved for order, moved in taken if moved < 0}
    orders = Order.objects.filter(pk__in=quantities).select_related("window").order_by("window__date", "number")
    return [LotOrder(order, quantities[order.pk]) for order in orders]


def stock_mismatches() -> list[Product]:
    """Products whose stock is not the sum of their movements; the nightly check expects none."""
    summed = Product.objects.annotate(moved=Sum("movements__quantity", default=0))
    return [product for product in summed if product.moved != product.stock]
