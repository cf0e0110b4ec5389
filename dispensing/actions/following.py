"""The units of an order follow the order: into the bag, to the door, to the patient, and back.

Each action runs in the transaction of what it follows, which has locked the order.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from delivery.models import HandOver, HandOverCorrection, Lot, Order, ReturnDecision, ReturnedItem
from delivery.rules import COME_BACK, check_days_are_stated, check_line_can_be_packed
from delivery.writes.holds import held_of
from dispensing import signals
from dispensing.models import DispensedUnit
from dispensing.rules import units_corrected, units_scanned
from dispensing.writes.reports import queue_new, queue_voids
from dispensing.writes.units import Stated, make_units, move_units, stated_of, swap_units

P = DispensedUnit.Place
D = ReturnDecision.Kind
Goods = HandOverCorrection.Goods


@transaction.atomic
def follow_contents(*, order: Order, by: User | None) -> list[DispensedUnit]:
    """Give each item in the bag of a packed order a unit, and take the others back to the shelf; returns the new units.

    An order that is not packed any more has none in its bag. The serial of a unit that goes back is never used again.
    Raises StockError, ProductError or ReviewError where an item cannot be packed.
    """
    return _fill_bag(order, held_of(order) if order.status == Order.Status.PACKED else [], by=by)


def _fill_bag(order: Order, held: list[tuple[int, str, int]], *, by: User | None) -> list[DispensedUnit]:
    now = timezone.now()
    in_bag = list(DispensedUnit.objects.select_for_update(of=("self",)).filter(order=order, place=P.BAG))
    missing = Counter({(product, lot): quantity for product, lot, quantity in held})
    surplus = []
    for unit in in_bag:
        if missing[unit.product_id, unit.lot_number] > 0:
            missing[unit.product_id, unit.lot_number] -= 1
        else:
            surplus.append(unit)
    move_units(surplus, P.SHELF, at=now, by=by)
    return _pack(order, +missing, by=by)


def _pack(order: Order, missing: Counter[tuple[int, str]], *, by: User | None) -> list[DispensedUnit]:
    if not missing:
        return []
    found = order.lines.select_related("product", "days_by", "order__window")
    lines = {line.product_id: line for line in found.filter(product__in={product for product, _lot in missing})}
    for line in lines.values():
        check_line_can_be_packed(line)
    check_days_are_stated(lines.values())
    lots = _lots(missing)
    made = []
    for (product, lot), count in sorted(missing.items()):
        made += make_units(order, lots[product, lot], count, stated_of(lines[product]), at=timezone.now(), by=by)
    return made


def _lots(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
    """Return by (product id, lot) the row of each lot."""
    wanted = set(keys)
    found = Lot.objects.select_related("product").filter(
        product__in={product for product, _lot in wanted}, number__in={lot for _product, lot in wanted}
    )
    return {(lot.product_id, lot.number): lot for lot in found}


@transaction.atomic
def follow_departure(*, order: Order, by: User) -> None:
    """The units of an order leave with its driver, without those of lines that nobody answered about.

    An order that was packed before its items had units gets them now. Raises as `follow_contents`.
    """
    _fill_bag(order, held_of(order), by=by)
    move_units(list(order.units.filter(place=P.BAG)), P.ROAD, at=timezone.now(), by=by)


@transaction.atomic
def follow_hand_over(*, order: Order, hand_over: HandOver, by: User) -> list[DispensedUnit]:
    """The units that were not refused are with the patient from the time of the hand-over on; returns them.

    Their report is queued. Refused ones stay with the driver, named by the item among which they come back.
    """
    on_road = list(order.units.filter(place=P.ROAD))
    refused = []
    for item in order.returned_items.with_driver():
        refused += _name_item(_last_of(on_road, item.product_id, item.lot, item.quantity), item)
    DispensedUnit.objects.bulk_update(refused, ["returned_item"])
    given = [unit for unit in on_road if unit.returned_item_id is None]
    for unit in given:
        unit.handed_over_at = hand_over.stated_at
    move_units(given, P.PATIENT, at=hand_over.stated_at, by=by)
    queue_new(given, hand_over, happened_at=hand_over.stated_at)
    return given


@transaction.atomic
def follow_take_in(
    *, order: Order, items: Collection[ReturnedItem], by: User, scans: Sequence[str] = ()
) -> list[DispensedUnit]:
    """The units that came back with the driver are in quarantine; returns them.

    They are those whose serials were scanned. Without scans they are those that the door named, or the last serials.
    Raises TakeInError for scans that do not fit.
    """
    units = list(order.units.select_for_update(of=("self",)).select_related("product").order_by("serial"))
    scanned = units_scanned(scans, items=items, units={unit.serial: unit for unit in units})
    _swap(order, scanned, units, by=by)
    on_road = [unit for unit in units if unit.place == P.ROAD]
    back = []
    for item in items:
        named = scanned.get(item.pk) or [unit for unit in on_road if unit.returned_item_id == item.pk]
        back += _name_item(named or _last_of(on_road, item.product_id, item.lot, item.quantity), item)
    move_units(back, P.SAFE, at=timezone.now(), by=by)
    return back


def _swap(order: Order, scanned: dict[int, list[DispensedUnit]], units: list[DispensedUnit], *, by: User) -> None:
    """Where other units came back than the door named, put the named ones with the patient in their place.

    The report follows, and so does the log.
    """
    found = {unit.pk for group in scanned.values() for unit in group}
    came_back = [unit for unit in units if unit.pk in found and unit.place == P.PATIENT]
    given = [unit for unit in units if unit.returned_item_id in scanned and unit.pk not in found]
    if not came_back:
        return
    hand_over = order.hand_over
    swap_units(came_back=came_back, given=given, at=hand_over.stated_at, by=by)
    queue_voids(came_back, happened_at=timezone.now())
    queue_new(given, hand_over, happened_at=timezone.now())
    signals.units_swapped.send(sender=DispensedUnit, came_back=came_back, given=given, hand_over=hand_over, by=by)


@transaction.atomic
def follow_decision(*, decision: ReturnDecision, by: User) -> list[DispensedUnit]:
    """The units that a second person decided about go back to the shelf, or wait to be destroyed; returns them.

    What stays in quarantine stays where it is.
    """
    places = {D.RESTOCKED: P.SHELF, D.DESTROYED: P.DOOMED}
    kind = D(decision.kind)
    if kind not in places:
        return []
    waiting = decision.item.units.select_for_update(of=("self",)).filter(place=P.SAFE)
    decided = list(waiting.order_by("serial")[: decision.quantity])
    move_units(decided, places[kind], at=timezone.now(), by=by)
    return decided


@transaction.atomic
def follow_correction(
    *, hand_over: HandOver, corrections: Sequence[HandOverCorrection], serials: Sequence[Sequence[str]], by: User
) -> tuple[list[DispensedUnit], list[DispensedUnit]]:
    """Take back the units that a correction names, and give those of an exchange; returns (not dispensed, given).

    What the patient keeps stays dispensed. What came back is in quarantine, and what never arrived is missing: both
    are no longer dispensed: the report of these is taken back, and that of the given ones is queued. `serials` are
    those of each correction; without them it names the last of the lot. Raises TakeInError for one that does not fit.
    """
    now = timezone.now()
    undone, given = [], []
    for row, named in zip(corrections, serials, strict=True):
        undone += _take_back(row, named, by=by)
        if row.product_id:
            lot = Lot.objects.select_related("product").get(product=row.product_id, number=row.product_lot)
            given += make_units(
                hand_over.order, lot, row.quantity, _stated_for(row, lot, by), at=now, by=by, correction=row
            )
    queue_voids(undone, happened_at=now)
    queue_new(given, hand_over, happened_at=now)
    return undone, given


def _take_back(row: HandOverCorrection, serials: Sequence[str], *, by: User) -> list[DispensedUnit]:
    """Name the correction on as many units of its line; return those that are no longer dispensed."""
    of_line = row.hand_over.order.units.with_patients().filter(
        correction__isnull=True, taken_back__isnull=True, product=row.line.product_id
    )
    taken = _last_of(of_line, row.line.product_id, row.lot, row.quantity)
    if serials:
        units = {unit.serial: unit for unit in of_line}
        taken = units_corrected(serials, row=row, units=units)
    for unit in taken:
        unit.taken_back = row
    if row.goods not in {*COME_BACK, Goods.MISSING}:
        DispensedUnit.objects.bulk_update(taken, ["taken_back"])
        return []
    if row.returned_item:
        _name_item(taken, row.returned_item)
    move_units(taken, P.MISSING if row.goods == Goods.MISSING else P.SAFE, at=timezone.now(), by=by)
    return taken


def _stated_for(row: HandOverCorrection, lot: Lot, by: User) -> Stated:
    """Return what is stated of units given in exchange: as for the line, or as the product suggests."""
    line = row.line
    return stated_of(line) if line.days and line.days_by else Stated(lot.product.days_supply, by)


def _last_of(units: Iterable[DispensedUnit], product: int, lot: str, count: int) -> list[DispensedUnit]:
    """Return up to `count` units of the product that no item names, of this lot if one is given: the latest serials."""
    found = [
        unit
        for unit in units
        if unit.product_id == product and unit.returned_item_id is None and lot in {"", unit.lot_number}
    ]
    return sorted(found, key=lambda unit: unit.serial)[-count:]


def _name_item(units: list[DispensedUnit], item: ReturnedItem) -> list[DispensedUnit]:
    for unit in units:
        unit.returned_item = item
    return units
