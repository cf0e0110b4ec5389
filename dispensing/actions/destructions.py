"""Destroying what came back, what expired and what is in quarantine: proposed by one person, witnessed by another."""

from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import actions as deliveries
from delivery.models import Product
from dispensing import rules
from dispensing.models import DestroyedItem, Destruction, DispensedUnit
from dispensing.writes.units import move_units
from ui.tidy import tidy

P = DispensedUnit.Place
Source = DestroyedItem.Source


@audited("destruction.propose")
def propose_destruction(
    *,
    units: Collection[DispensedUnit] = (),
    parts: Collection[rules.LotPart] = (),
    method: str,
    details: str = "",
    place: str,
    weight_mg: int,
    weight_reason: str = "",
    entry_key: UUID,
    by: User,
) -> Destruction:
    """Propose to destroy units and parts of lots, which weigh `weight_mg` together without packaging.

    Nothing leaves the stock before a second person has witnessed it. The same `entry_key` counts once. Raises
    DestructionError.
    """
    details, place, weight_reason = tidy(details), tidy(place), tidy(weight_reason)
    rules.check_something_is_destroyed(units, parts)
    _lock_products({unit.product_id for unit in units} | {part.lot.product_id for part in parts})
    found = Destruction.objects.filter(entry_key=entry_key).first()
    if found is not None:
        return found
    units = _lock_units({unit.pk for unit in units})
    sources = {unit.pk: source for unit, source in rules.units_to_destroy()}
    rules.check_units_can_be_destroyed(units, sources)
    rules.check_stock_can_be_destroyed(parts, today=timezone.localdate())
    rules.check_method(method, details)
    rules.check_place(place)
    rules.check_weight(weight_mg)
    rules.check_weight_fits(weight_mg, rules.expected_weight(units, parts), weight_reason)
    made = Destruction.objects.create(
        method=method,
        details=details,
        place=place,
        weight_mg=weight_mg,
        weight_reason=weight_reason,
        proposed_by=by,
        entry_key=entry_key,
    )
    of_units = [
        DestroyedItem(destruction=made, unit=unit, lot_id=unit.lot_id, quantity=1, source=sources[unit.pk])
        for unit in units
    ]
    of_lots = [
        DestroyedItem(destruction=made, lot=part.lot, quantity=part.quantity, source=part.source) for part in parts
    ]
    DestroyedItem.objects.bulk_create([*of_units, *of_lots], batch_size=500)
    record(by=by, subject=made)
    return made


@audited("destruction.witness", subject="destruction")
def witness_destruction(*, destruction: Destruction, by: User) -> Destruction:
    """Witness that what was proposed has been destroyed: units are destroyed, and stock is written off.

    `by` is not who proposed it. What a decision about a return wrote off before is not written off again. Raises
    DestructionError, and StockError where the stock is not there any more.
    """
    destruction = _lock(destruction)
    rules.check_waits_for_witness(destruction)
    rules.check_is_another_person(destruction, by_id=by.pk)
    items = list(destruction.items.select_related("lot__product").order_by("lot__product", "pk"))
    _lock_products({item.lot.product_id for item in items})
    _write_off(items, reason=f"Destroyed, destruction {destruction}", by=by)
    destruction.witnessed_at, destruction.witnessed_by = timezone.now(), by
    destruction.save(update_fields=["witnessed_at", "witnessed_by"])
    units = _lock_units({item.unit_id for item in items if item.unit_id})
    move_units(units, P.DESTROYED, at=destruction.witnessed_at, by=by)
    record(by=by, subject=destruction)
    return destruction


@audited("destruction.withdraw", subject="destruction")
def withdraw_destruction(*, destruction: Destruction, reason: str, by: User) -> Destruction:
    """Withdraw a destruction that nobody has witnessed; its items wait again. Raises DestructionError."""
    reason = tidy(reason)
    destruction = _lock(destruction)
    rules.check_waits_for_witness(destruction)
    rules.check_withdrawal(reason)
    destruction.withdrawn_at, destruction.withdrawn_by = timezone.now(), by
    destruction.withdrawn_reason = reason
    destruction.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    destruction.items.update(is_withdrawn=True)
    record(by=by, subject=destruction)
    return destruction


def _write_off(items: Collection[DestroyedItem], *, reason: str, by: User) -> None:
    """Write off what stands in the books of the stock, lot by lot."""
    counts: dict[tuple[int, str], int] = {}
    lots = {item.lot_id: item.lot for item in items}
    for item in items:
        if item.source != Source.DECIDED:
            key = (item.lot_id, item.source)
            counts[key] = counts.get(key, 0) + item.quantity
    for (lot, source), quantity in counts.items():
        deliveries.write_off(
            product=lots[lot].product,
            quantity=quantity,
            lot=lots[lot].number,
            reason=reason,
            is_in_quarantine=source == Source.QUARANTINE,
            by=by,
        )


def _lock(destruction: Destruction) -> Destruction:
    return Destruction.objects.select_for_update(no_key=True).get(pk=destruction.pk)


def _lock_products(keys: set[int]) -> None:
    locked = Product.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    list(locked.values_list("pk"))


def _lock_units(serials: set[int]) -> list[DispensedUnit]:
    return list(DispensedUnit.objects.select_for_update(of=("self",)).filter(pk__in=serials).order_by("pk"))
