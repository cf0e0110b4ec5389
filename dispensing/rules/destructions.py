"""What a destruction needs. Each `check_` raises DestructionError with a sentence for staff."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from delivery.models import Product
from dispensing.models import Destruction, DispensedUnit
from dispensing.models.destructions import LEAST_MG, MOST_MG
from dispensing.rules.errors import DestructionError
from dispensing.rules.waste import LotPart, stock_to_destroy
from ui.templatetags.portal import grams

MOST_UNITS = 500  # in one destruction
MOST_DETAILS, MOST_PLACE, MOST_REASON = 200, 120, 200
TOLERANCE = Decimal("0.1")  # of the expected weight [docs/domain.md#destruction]


@dataclass(frozen=True)
class Expected:
    """The weight of items by their quantities in grams; `is_all` where none is counted in pieces or milliliters."""

    weight_mg: int
    is_all: bool


def check_something_is_destroyed(units: Collection[DispensedUnit], parts: Collection[LotPart]) -> None:
    """At least one item is destroyed, at most 500 units at once, and each only once."""
    if not units and not parts:
        raise DestructionError(_("Tick a unit, or enter how many of a lot are destroyed."))
    if len(units) > MOST_UNITS:
        raise DestructionError(_("Tick at most 500 units. Enter the others in another destruction."), field="units")
    if len({unit.pk for unit in units}) < len(units):
        raise DestructionError(_("A unit is named twice. Tick each unit once."), field="units")


def check_units_can_be_destroyed(units: Collection[DispensedUnit], waiting: Collection[int]) -> None:
    """Each unit is one of those `waiting` to be destroyed, by serial: no other destruction names it."""
    for unit in units:
        if unit.pk not in waiting:
            words = _("Unit %(serial)s does not wait to be destroyed, or is in another destruction. Take it out.")
            raise DestructionError(words % {"serial": unit}, field="units")


def check_stock_can_be_destroyed(parts: Collection[LotPart], *, today: date) -> None:
    """So many of each lot are in quarantine or have expired, no order holds them, and no other destruction names them.

    Each lot stands once for each source.
    """
    if not parts:
        return
    free = {
        (part.lot.pk, part.source): part.quantity
        for part in stock_to_destroy(today=today, lots=[part.lot for part in parts])
    }
    for part in parts:
        count = free.pop((part.lot.pk, part.source), 0)
        if not 1 <= part.quantity <= count:
            words = _("%(count)d of lot %(lot)s can be destroyed now. Enter no more than that.")
            raise DestructionError(
                words % {"count": count, "lot": part.lot.number}, field=f"lot_{part.lot.pk}_{part.source}"
            )


def check_method(method: str, details: str) -> None:
    """The method is one of `Destruction.Method`; a disposer is named."""
    if method not in Destruction.Method.values:
        raise DestructionError(_("Choose how it is destroyed."), field="method")
    if len(details) > MOST_DETAILS:
        raise DestructionError(_("Write at most 200 letters about the method."), field="details")
    if method == Destruction.Method.DISPOSER and not details:
        raise DestructionError(_("Name the disposer and its license."), field="details")


def check_place(place: str) -> None:
    """The place is named, in at most 120 letters."""
    if not 0 < len(place) <= MOST_PLACE:
        raise DestructionError(_("Name the place where it is destroyed, in at most 120 letters."), field="place")


def check_weight(weight_mg: int) -> None:
    """The weight is from 0.1 g to 100 kg; what is outside is a slip of the finger."""
    if not LEAST_MG <= weight_mg <= MOST_MG:
        words = _("Enter the weight in grams, from 0.1 to 100,000. Put it on the scale again.")
        raise DestructionError(words, field="weight_mg")


def expected_weight(units: Collection[DispensedUnit], parts: Collection[LotPart]) -> Expected:
    """Return what the items weigh together, as far as they are counted in grams."""
    counted = [(unit.unit_code, unit.quantity) for unit in units]
    for part in parts:
        product = part.lot.product
        counted.append((product.report_unit, product.report_quantity * part.quantity))
    weighed = [quantity for code, quantity in counted if code == Product.ReportUnit.GRAMS]
    return Expected(int(sum(weighed, Decimal()) * 1000), len(weighed) == len(counted))


def check_weight_fits(weight_mg: int, expected: Expected, reason: str) -> None:
    """The weight is within a tenth of what the items weigh by their labels, or a reason is given.

    Where some are counted in pieces or milliliters it is only not less than the others weigh.
    """
    if len(reason) > MOST_REASON:
        raise DestructionError(_("Give the reason in at most 200 letters."), field="weight_reason")
    is_less = weight_mg < expected.weight_mg * (1 - TOLERANCE)
    is_more = expected.is_all and weight_mg > expected.weight_mg * (1 + TOLERANCE)
    if (is_less or is_more) and not reason:
        words = _("By their labels these items weigh %(expected)s, and not %(weight)s. Weigh them again, or say why.")
        shown = {"expected": grams(expected.weight_mg), "weight": grams(weight_mg)}
        raise DestructionError(words % shown, field="weight_reason")


def check_waits_for_witness(destruction: Destruction) -> None:
    """Nobody has witnessed or withdrawn the destruction yet."""
    if destruction.witnessed_at is not None:
        raise DestructionError(_("Somebody has witnessed this already. Look at its page again."))
    if destruction.withdrawn_at is not None:
        raise DestructionError(_("This was withdrawn. Enter a new destruction for its items."))


def check_is_another_person(destruction: Destruction, *, by_id: int) -> None:
    """The witness is not the person who proposed the destruction [docs/domain.md#destruction]."""
    if destruction.proposed_by_id == by_id:
        raise DestructionError(_("You proposed this yourself. A second person has to see it, and to witness it here."))


def check_withdrawal(reason: str) -> None:
    """A reason is given, in at most 200 letters."""
    if not 0 < len(reason) <= MOST_REASON:
        raise DestructionError(_("Enter a reason, in at most 200 letters."), field="reason")
