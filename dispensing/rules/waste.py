"""What can be destroyed: units that came back, and stock of lots that is expired or in quarantine."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Sum

from delivery.models import Lot, ReturnedItem, StockMovement
from delivery.rules import free_of_lot
from delivery.rules.stock import MOST_AT_ONCE
from dispensing.models import DestroyedItem, DispensedUnit

P = DispensedUnit.Place
Source = DestroyedItem.Source


@dataclass(frozen=True)
class LotPart:
    """`quantity` items of a lot that have no serials: in quarantine, or expired on the shelf."""

    lot: Lot
    quantity: int
    source: DestroyedItem.Source


def units_to_destroy() -> list[tuple[DispensedUnit, DestroyedItem.Source]]:
    """Return the units that can be destroyed and that no destruction names, each with its source, by serial.

    These are the ones that a second person decided to destroy, and those that were kept in quarantine.
    """
    named = DestroyedItem.objects.filter(unit=OuterRef("pk"), is_withdrawn=False)
    units = DispensedUnit.objects.filter(~Exists(named), place__in=[P.DOOMED, P.SAFE])
    kept = _kept_in_quarantine()
    return [
        (unit, Source.DECIDED if unit.place == P.DOOMED else Source.QUARANTINE)
        for unit in units.select_related("product", "lot", "order")
        if unit.place == P.DOOMED or unit.pk in kept
    ]


def _kept_in_quarantine() -> set[int]:
    """Return the serials that stay in quarantine after a decision. Those that wait for one are the first of an item."""
    waiting = dict(ReturnedItem.objects.filter(units__place=P.SAFE).values_list("pk", "waiting"))
    kept = set()
    there = DispensedUnit.objects.filter(place=P.SAFE).order_by("serial").values_list("pk", "returned_item")
    for serial, item in there:
        assert item  # the database knows no unit in quarantine without one
        waiting[item] -= 1
        if waiting[item] < 0:
            kept.add(serial)
    return kept


def stock_to_destroy(*, today: date, lots: Collection[Lot] | None = None) -> list[LotPart]:
    """Return how many items without serials can be destroyed of each lot, or of these `lots`; none that are named.

    What is in quarantine comes without what waits for a decision and without units. Of a lot that has ended it is what
    no order holds or needs.
    """
    found = Lot.objects.select_related("product").order_by("product", "number")
    if lots is not None:
        found = found.filter(pk__in=[lot.pk for lot in lots])
    named = _named_by_destructions()
    parts = []
    for source, counts in ((Source.QUARANTINE, _in_quarantine(found)), (Source.SHELF, _ended(found, today))):
        for lot, count in counts:
            left = min(count - named[lot.pk, source], MOST_AT_ONCE)
            parts += [LotPart(lot, left, source)] if left > 0 else []
    return parts


def _named_by_destructions() -> Counter[tuple[int, str]]:
    """Return by (lot id, source) how many items the destructions name that nobody has witnessed."""
    rows = DestroyedItem.objects.waiting().filter(unit__isnull=True).order_by()
    return Counter(
        {(lot, source): total for lot, source, total in rows.values_list("lot", "source").annotate(Sum("quantity"))}
    )


def _in_quarantine(lots: Collection[Lot]) -> Iterator[tuple[Lot, int]]:
    moved = StockMovement.objects.filter(kind=StockMovement.Kind.QUARANTINED).order_by()
    apart = _by_lot(moved.values_list("product", "lot").annotate(Sum("quantity")))
    waiting = ReturnedItem.objects.waiting().order_by()
    apart.update(_by_lot(waiting.values_list("product", "lot").annotate(Sum("waiting"))))
    kept = DispensedUnit.objects.filter(pk__in=_kept_in_quarantine()).values_list("product", "lot_number")
    apart.update(kept)
    for lot in lots:
        yield lot, -apart[lot.product_id, lot.number]


def _by_lot(rows: Collection[tuple[int, str, int]]) -> Counter[tuple[int, str]]:
    return Counter({(product, lot): total for product, lot, total in rows})


def _ended(lots: Collection[Lot], today: date) -> Iterator[tuple[Lot, int]]:
    for lot in lots:
        if lot.expires_date is not None and lot.expires_date < today:
            free, _promised = free_of_lot(lot.product, lot.number)
            yield lot, free
