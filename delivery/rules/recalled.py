"""What a recalled lot may no longer do, and what the orders on the road hold of one. Each `check_` raises."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Lot, Order, OrderLine, Product, StockMovement
from delivery.models.stock import StockMovementQuerySet
from delivery.rules.errors import HandOverError, StockError


@dataclass(frozen=True)
class RecalledItems:
    """How many items of a recalled lot an order holds."""

    product_id: int
    lot: str
    quantity: int


def is_recalled(product: Product, number: str) -> bool:
    """Return whether the lot of the product was recalled."""
    return Lot.objects.filter(product=product, number=number, recalled_at__isnull=False).exists()


def check_is_not_recalled(product: Product, number: str) -> None:
    """The lot was not recalled; raises StockError."""
    if is_recalled(product, number):
        words = _("Lot %(lot)s was recalled. Put the item into quarantine, and take another lot.")
        raise StockError(words % {"lot": number}, field="lot")


def holds_recalled() -> Exists:
    """Return as a condition for queries of orders whether the order has movements of a recalled lot."""
    return Exists(_of_recalled_lots(StockMovement.objects.filter(order=OuterRef("pk"))))


def _of_recalled_lots(movements: StockMovementQuerySet, *, at: datetime | None = None) -> StockMovementQuerySet:
    lots = Lot.objects.filter(product=OuterRef("product"), number=OuterRef("lot"), recalled_at__isnull=False)
    return movements.filter(Exists(lots.filter(recalled_at__lte=at) if at else lots))


def recalled_items(orders: Collection[Order], *, at: datetime | None = None) -> dict[int, list[RecalledItems]]:
    """Return by order id what the orders hold of recalled lots, sorted by product and lot; in one query.

    With `at`, only of lots that were recalled by then.
    """
    held = _of_recalled_lots(StockMovement.objects.filter(order__in=orders), at=at).held().order_by()
    found: dict[int, list[RecalledItems]] = defaultdict(list)
    for order, product, lot, moved in sorted(
        held.values_list("order", "product", "lot").annotate(moved=Sum("quantity"))
    ):
        if moved < 0:
            found[order].append(RecalledItems(product, lot, -moved))
    return dict(found)


def check_recalled_stays(order: Order, lines: Sequence[OrderLine], refused: Mapping[int, int], *, at: datetime) -> None:
    """Items recalled by the moment `at` of the hand-over stay with the driver; raises HandOverError.

    `refused` is by line id how many items the driver keeps. No product is named: drivers know lots and lines alone.
    """
    items = recalled_items([order], at=at).get(order.pk, [])
    if not items:
        return
    by_product = {line.product_id: (place, line) for place, line in enumerate(lines, start=1)}
    if sum(each.quantity for each in items) == sum(line.quantity for line in lines):
        raise HandOverError(_("All of it was recalled. Choose “Do not deliver: it was recalled”, and bring it back."))
    recalled: dict[int, int] = defaultdict(int)
    for each in items:
        recalled[each.product_id] += each.quantity
    for each in items:
        place, line = by_product[each.product_id]
        if refused.get(line.pk, 0) < recalled[each.product_id]:
            raise HandOverError(keep_recalled(place, each.lot, recalled[each.product_id]), field=f"refused_{line.pk}")


def keep_recalled(place: int, lot: str, count: int) -> str:
    """Return the sentence that tells the driver to keep `count` items of the line at this place of the packing list."""
    words = ngettext(
        "Do not deliver %(count)d item of line %(line)d: lot %(lot)s was recalled. Keep it, and enter it under “A part "
        "is refused”.",
        "Do not deliver %(count)d items of line %(line)d: lot %(lot)s was recalled. Keep them, and enter them under “A "
        "part is refused”.",
        count,
    )
    return words % {"count": count, "line": place, "lot": lot}
