"""Printing labels, and the directions that they print."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record, record_many
from delivery.models import Order, OrderLine
from delivery.writes.locks import lock_order
from dispensing import rules
from dispensing.models import DispensedUnit, LabelPrint, LineDirections, full_names
from ui.tidy import tidy


@dataclass(frozen=True)
class PrintedLabels:
    """Units that were printed together, by serial, and the batch that their rows have."""

    batch: UUID
    kind: str
    serials: tuple[int, ...]


@audited("label.print")
def print_labels(*, units: Collection[int], kind: str, reason: str = "", by: User | None) -> PrintedLabels:
    """Remember that the labels of the units, by serial, are printed now; the caller sends the file.

    Labels that were printed before need a `reason`, which is theirs alone. A `by` of None is the portal.
    Raises LabelError, for all units or none.
    """
    rules.check_may_print(by)
    rules.check_print_kind(kind)
    rules.check_dispensary_is_known()
    reason = tidy(reason)
    found = list(
        DispensedUnit.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=units)
        .select_related("pharmacist", "order")
        .order_by("serial")
    )
    rules.check_some_to_print(found)
    for unit in found:
        rules.check_has_label(unit)
    rules.check_pharmacists_are_named(found, full_names({unit.pharmacist_id for unit in found}))
    copies = _copies_of(found)
    rules.check_print_reason(reason, printed=len(copies))
    batch, now = uuid4(), timezone.now()
    LabelPrint.objects.bulk_create(
        LabelPrint(
            unit=unit, batch=batch, copy=copies.get(unit.pk, 0) + 1, kind=kind,
            reason=reason if unit.pk in copies else "", at=now, by=by,
        )
        for unit in found
    )  # fmt: skip
    orders = {unit.order_id: unit.order for unit in found}
    record_many(by=by, subjects=orders.values(), reason=f"{kind}, {len(found)} labels, {len(copies)} again")
    return PrintedLabels(batch, kind, tuple(unit.pk for unit in found))


def _copies_of(units: Collection[DispensedUnit]) -> dict[int, int]:
    """Return by serial how often the label of a unit was printed; one that never was is left out."""
    printed = LabelPrint.objects.filter(unit__in=units).order_by().values("unit")
    return dict(printed.annotate(most=Max("copy")).values_list("unit", "most"))


@audited("linedirections.write", subject="order")
def write_directions(*, order: Order, texts: Mapping[int, str], by: User) -> Order:
    """Write how the products of an order are used, by line id; an empty text takes the directions of a line away.

    Labels that are printed from now on say so. Raises LabelError.
    """
    order = lock_order(order)
    rules.check_may_write_directions(by)
    rules.check_directions_can_change(order)
    before = {row.line_id: row for row in LineDirections.objects.filter(line__order=order)}
    for line in order.lines.filter(pk__in=texts):
        _write(line, before.get(line.pk), tidy(texts[line.pk]), by)
    record(by=by, subject=order)
    return order


def _write(line: OrderLine, before: LineDirections | None, text: str, by: User) -> None:
    rules.check_directions(text)
    if before is not None and before.text == text:
        return
    if before is not None and not text:
        before.delete()
    elif text:
        row = before or LineDirections(line=line)
        row.text, row.by, row.at = text, by, timezone.now()
        row.save()
