"""Giving units their serials, and moving them.

Each write runs inside the caller's transaction, with the order locked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from delivery.models import HandOverCorrection, Lot, Order, OrderLine, Product
from delivery.rules import details_of
from dispensing.models import DispensedUnit, UnitMove

P = DispensedUnit.Place


@dataclass(frozen=True)
class Stated:
    """The days that each unit of a line lasts, and the pharmacist who stated them."""

    days: int
    pharmacist: User


def stated_of(line: OrderLine) -> Stated:
    """Return what the pharmacist stated of a line that was packed."""
    assert line.days
    assert line.days_by
    return Stated(line.days, line.days_by)


def make_units(
    order: Order,
    lot: Lot,
    count: int,
    stated: Stated,
    *,
    at: datetime,
    by: User | None,
    correction: HandOverCorrection | None = None,
) -> list[DispensedUnit]:
    """Return `count` new units of a lot, each with its serial: in the bag, or given in the exchange `correction`."""
    product: Product = lot.product
    details = details_of(lot)
    assert details  # the rules of packing and of exchanges ask for them
    place = P.PATIENT if correction else P.BAG
    made = DispensedUnit.objects.bulk_create(
        DispensedUnit(
            order=order,
            product=product,
            lot=lot,
            lot_number=lot.number,
            producer=details.producer,
            product_code=product.report_code,
            thc_mg=details.thc_mg,
            cbd_mg=details.cbd_mg,
            expires_date=details.expires_date,
            quantity=product.report_quantity,
            unit_code=product.report_unit,
            days=stated.days,
            pharmacist=stated.pharmacist,
            place=place,
            place_since=at,
            handed_over_at=at if correction else None,
            correction=correction,
        )
        for _number in range(count)
    )
    _write_moves(made, place, at=at, by=by)
    return made


def move_units(units: Collection[DispensedUnit], place: P, *, at: datetime, by: User | None) -> None:
    """Move the units to a place, and save what else the caller set on them."""
    if not units:
        return
    for unit in units:
        unit.place, unit.place_since = place, at
    changed = ["place", "place_since", "handed_over_at", "taken_back", "returned_item"]
    DispensedUnit.objects.bulk_update(units, changed, batch_size=500)
    _write_moves(units, place, at=at, by=by)


def swap_units(
    *, came_back: Collection[DispensedUnit], given: Collection[DispensedUnit], at: datetime, by: User
) -> None:
    """Let the patient have the units `given` since the hand-over `at`, and the driver those that `came_back`.

    As many on both sides, of the same products and lots. What came back was never handed over.
    """
    for unit in given:
        unit.handed_over_at, unit.returned_item = at, None
    move_units(given, P.PATIENT, at=at, by=by)
    for unit in came_back:
        unit.handed_over_at = None
    move_units(came_back, P.ROAD, at=at, by=by)


def _write_moves(units: Collection[DispensedUnit], place: P, *, at: datetime, by: User | None) -> None:
    UnitMove.objects.bulk_create(UnitMove(unit=unit, place=place, at=at, by=by) for unit in units)
