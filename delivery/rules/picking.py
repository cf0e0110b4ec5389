"""From which lots the items of an order may be taken when it is packed. Each `check_` raises a DeliveryError."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from django.utils.translation import gettext as _

from delivery.models import Lot, OrderLine, Product
from delivery.rules.errors import ChangedError, StockError, refusal_of
from delivery.rules.lots import check_lot_has_not_ended, check_lot_is_good
from delivery.rules.recalled import check_is_not_recalled
from delivery.rules.stock import (
    is_in_quarantine,
    lots_of,
    lots_of_order,
    lots_of_products,
    lots_with_stock,
    set_aside_lots,
)


@dataclass(frozen=True)
class Shelf:
    """The lots of some products, read at once; `lots` by (product id, number)."""

    lots: Mapping[tuple[int, str], Lot]
    free: Mapping[int, list[tuple[str, int]]]
    set_aside: Collection[tuple[int, str]]

    @classmethod
    def of(cls, keys: Collection[int]) -> Self:
        """Return the shelf of the products with these ids."""
        lots = {(lot.product_id, lot.number): lot for lot in Lot.objects.filter(product__in=keys)}
        return cls(lots, lots_of_products(keys), set_aside_lots(keys))

    def is_plain(self, product: int, number: str) -> bool:
        """Return whether the lot is one of the product, and was neither recalled nor set aside."""
        lot = self.lots.get((product, number))
        return lot is not None and lot.recalled_at is None and (product, number) not in self.set_aside


def lot_on_label(product: Product, typed: str) -> str:
    """Return the number of the product's lot as it was received, whatever capitals were typed; else what was typed."""
    same = list(Lot.objects.filter(product=product, number__iexact=typed).values_list("number", flat=True))
    return same[0] if len(same) == 1 else typed


def check_lot_is_of_product(product: Product, number: str) -> None:
    """A lot with this number of the product was received; raises StockError that names the product it is of."""
    lots = Lot.objects.filter(number=number).select_related("product")
    products = {lot.product_id: lot.product for lot in lots}
    if product.pk in products:
        return
    words = _("No lot %(lot)s was received. Check the label, and type it as it stands there.")
    other = next(iter(products.values()), None)
    if other:
        words = _("Lot %(lot)s is of %(other)s, not of %(name)s. Put this item back, and scan one of %(name)s.")
    raise StockError(words % {"lot": number, "name": product.full_name, "other": other and other.full_name})


def check_lot_is_not_in_quarantine(product: Product, number: str) -> None:
    """The lot is not in quarantine; raises StockError."""
    if is_in_quarantine(product, number):
        words = _("Lot %(lot)s is in quarantine. Put the item aside, and take another lot.")
        raise StockError(words % {"lot": number})


def check_scanned_lot(line: OrderLine, number: str, *, today: date, shelf: Shelf | None = None) -> None:
    """An item of the line may be taken from this lot: it is of the product, good on the day of the delivery, and free.

    `shelf` is read here where the caller has not read it for several lines. Raises StockError.
    """
    assert line.order.window  # anything but a cart has one
    shelf = shelf or Shelf.of([line.product_id])
    if not shelf.is_plain(line.product_id, number):  # these read once more, and say what is wrong
        check_lot_is_of_product(line.product, number)
        check_is_not_recalled(line.product, number)
        check_lot_is_not_in_quarantine(line.product, number)
    lot = shelf.lots.get((line.product_id, number)) or Lot.objects.get(product=line.product_id, number=number)
    if lot.expires_date is not None:
        check_lot_has_not_ended(number, lot.expires_date, today=today)
    check_lot_is_good(line.product, number, lot, day=line.order.window.date)


def available_of_lot(line: OrderLine, number: str) -> int:
    """Return how many of the lot the line may take: what it holds already, and what no order has."""
    return dict(lots_of(line)).get(number, 0) + dict(lots_with_stock(line.product)).get(number, 0)


def check_lot_has_enough(line: OrderLine, number: str, count: int) -> None:
    """The lot has `count` items that this line holds or no order has; raises StockError."""
    if count > (available := available_of_lot(line, number)):
        words = _("Lot %(lot)s has only %(count)d for this order; other orders have the rest. Take another lot.")
        raise StockError(words % {"lot": number, "count": available})


def check_scanned_is_as_ordered(lines: Iterable[OrderLine], scanned: Mapping[int, Sequence[str]]) -> None:
    """A lot was scanned for each item that the order has now, by line id; raises ChangedError."""
    if {line.pk: line.quantity for line in lines} != {pk: len(numbers) for pk, numbers in scanned.items()}:
        raise ChangedError(_("The order has changed meanwhile. Open this page again, and scan what it has now."))


def check_scanned_lots(lines: Collection[OrderLine], scanned: Mapping[int, Sequence[str]], *, today: date) -> None:
    """Each item of the order may be taken from the lot that was scanned for it; raises StockError or ChangedError."""
    check_scanned_is_as_ordered(lines, scanned)
    shelf = Shelf.of([line.product_id for line in lines])
    for line in lines:
        for number, count in Counter(scanned[line.pk]).items():
            check_scanned_lot(line, number, today=today, shelf=shelf)
            check_lot_has_enough(line, number, count)


def suggested_lots(line: OrderLine, *, today: date) -> list[str]:
    """Return for each item of the line the lot to take, the first to expire first; fewer where the lots do not last.

    What the order has been given comes before what no order has.
    """
    return suggested_for([line], today=today)[line.pk]


def suggested_for(lines: Collection[OrderLine], *, today: date) -> dict[int, list[str]]:
    """Return the suggested lots of each line of one order, by line id: see `suggested_lots`."""
    keys = [line.product_id for line in lines]
    shelf = Shelf.of(keys)
    held = lots_of_order(next(iter(lines)).order_id, keys) if lines else {}
    return {line.pk: _suggested(line, held.get(line.product_id, []), shelf, today) for line in lines}


def _suggested(line: OrderLine, held: Iterable[tuple[str, int]], shelf: Shelf, today: date) -> list[str]:
    def last_day(lot: tuple[str, int]) -> date:
        known = shelf.lots.get((line.product_id, lot[0]))
        return (known and known.expires_date) or date.max

    def is_good(number: str) -> bool:
        return not refusal_of(check_scanned_lot, line, number, today=today, shelf=shelf)

    there = [*sorted(held, key=last_day), *shelf.free.get(line.product_id, [])]
    good = {number for number, _count in there if is_good(number)}
    return [number for number, count in there if number in good for _item in range(count)][: line.quantity]
