"""What stands on the label of a unit, and when it is printed [docs/domain.md#labels]. It is in English.

Each `check_` raises a LabelError.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import may_as_staff
from delivery.models import Order, Product
from dispensing.models import DispensedUnit, LabelPrint
from dispensing.rules.errors import LabelError
from ui.forms import is_unprintable
from ui.text import plain_figure

PRINT = "dispensing.add_labelprint"  # Pharmacist and Technician
WRITE_DIRECTIONS = "dispensing.change_linedirections"  # Pharmacist alone
MOST_DIRECTIONS = 400  # letters
MOST_PRINT_REASON = 200  # letters
MOST_UNITS = 1_000  # of one print
P, Form, Unit = DispensedUnit.Place, Product.Form, Product.ReportUnit
LABELED = frozenset({P.BAG, P.ROAD, P.PATIENT})

DIRECTIONS = (
    "Use as your certifier and our pharmacist told you. Begin with a small amount, and wait before taking more."
)
CAUTIONS = (
    "For the named patient only: giving or selling it to others is against the law. Keep it in this package, locked "
    "away from children and pets. It may impair you: do not drive or use machines. Pregnant or nursing: ask your "
    "physician first."
)
SLOW = "The effect may begin after two hours only."
SLOW_FORMS = frozenset({Form.EDIBLE, Form.CAPSULE, Form.TINCTURE})


@dataclass(frozen=True)
class Label:
    """Everything that the label of a unit says [docs/domain.md#labels].

    `serial` is also in its QR code. Caregiver and number are empty for a patient without one. THC and CBD are
    milligrams of the whole unit; `expires_date` is the last day.
    """

    serial: str
    order: str
    dispensed_date: date
    product: str
    quantity: str
    days: int
    thc_mg: int
    cbd_mg: int
    patient: str
    patient_number: str
    caregiver: str
    caregiver_number: str
    certifier: str
    directions: str
    pharmacist: str
    dispensary: str
    dispensary_address: str
    dispensary_phone: str
    cautions: str
    producer: str
    lot: str
    expires_date: date


def quantity_in_words(quantity: Decimal, unit_code: str) -> str:
    """Return how much a unit is, in the unit of the monitoring report: "3.5 g", "30 mL", "1 piece"."""
    figure = plain_figure(quantity)
    if unit_code == Unit.EACH:
        return f"{figure} piece" if quantity == 1 else f"{figure} pieces"
    return f"{figure} {'g' if unit_code == Unit.GRAMS else 'mL'}"


def dispensed_date_of(unit: DispensedUnit) -> date:
    """Return the day in New York on which the unit is dispensed: that of the delivery, or of its exchange."""
    if unit.correction_id and unit.handed_over_at:
        return localdate(unit.handed_over_at)
    assert unit.order.window
    return unit.order.window.date


def cautions_for(form: str) -> str:
    """Return the cautions of a product of this form."""
    return f"{SLOW} {CAUTIONS}" if form in SLOW_FORMS else CAUTIONS


def directions_for(*, of_line: str, of_certifier: str) -> str:
    """Return the pharmacist's directions, or else the certifier's, or else the sentence that fits every product."""
    return " ".join((of_line or of_certifier or DIRECTIONS).split())


def check_may_print(user: User | None) -> None:
    """The account prints labels: Pharmacist and Technician. Raises LabelError."""
    if user is not None and not may_as_staff(user, PRINT):
        raise LabelError(_("Only a Pharmacist or a Technician prints labels."))


def check_has_label(unit: DispensedUnit) -> None:
    """The unit is in a bag, on its way or with the patient; raises LabelError."""
    if unit.place not in LABELED:
        words = _("Unit %(serial)s gets no label: %(place)s. Pack the order again for a new serial.")
        raise LabelError(words % {"serial": unit, "place": unit.get_place_display()})


def check_some_to_print(units: Collection[DispensedUnit]) -> None:
    """There is something to print, and not more than 1,000 labels at a time; raises LabelError."""
    if not units:
        raise LabelError(_("Nothing of this order is packed, so it has no labels. Pack it first."))
    if len(units) > MOST_UNITS:
        words = _("These are %(count)d labels. Choose fewer orders: at most %(most)d labels are printed at a time.")
        raise LabelError(words % {"count": len(units), "most": MOST_UNITS})


def check_pharmacists_are_named(units: Collection[DispensedUnit], names: Collection[int]) -> None:
    """Each pharmacist of the units has a full name, `names` are the accounts that have; raises LabelError."""
    missing = sorted({unit.pharmacist.email for unit in units if unit.pharmacist_id not in names})
    if missing:
        words = _("A label names the pharmacist in full. Enter the full name first, under Full names: %(accounts)s.")
        raise LabelError(words % {"accounts": ", ".join(missing)})


def check_dispensary_is_known() -> None:
    """The dispensary has the address that a label needs; raises LabelError."""
    if not settings.DISPENSARY_ADDRESS:
        words = _(
            "A label needs the address of the dispensary. Ask who runs the portal to set DISPENSARY_ADDRESS, then "
            "print again."
        )
        raise LabelError(words)


def check_print_kind(kind: str) -> None:
    """Labels are printed on sheets, on a roll, or by a label printer; raises LabelError."""
    if kind not in LabelPrint.Kind.values:
        raise LabelError(_("Choose how to print the labels."), field="kind")


def check_print_reason(reason: str, *, printed: int) -> None:
    """Labels that were printed before, `printed` of them, are printed again with a reason; raises LabelError.

    A reason has 200 letters or fewer.
    """
    if len(reason) > MOST_PRINT_REASON or is_unprintable(reason):
        raise LabelError(_("Give the reason in at most 200 letters."), field="reason")
    if printed and not reason:
        words = ngettext(
            "%(count)d of these labels was printed before. Say why you print again: a label that jammed, for example.",
            "%(count)d of these labels were printed before. Say why you print again: a label that jammed, for example.",
            printed,
        )
        raise LabelError(words % {"count": printed}, field="reason")


def check_may_write_directions(user: User) -> None:
    """The account is a pharmacist, who alone says how a product is used; raises LabelError."""
    if not may_as_staff(user, WRITE_DIRECTIONS):
        raise LabelError(_("Only a Pharmacist writes the directions."))


def check_directions_can_change(order: Order) -> None:
    """The order has not left yet; raises LabelError."""
    if not order.is_before_departure:
        raise LabelError(_("Directions are written before the order leaves: its labels go with it."))


def check_directions(text: str) -> None:
    """Directions are 400 letters or fewer that can be printed; an empty text is allowed. Raises LabelError."""
    if len(text) > MOST_DIRECTIONS:
        words = _("Write the directions in at most %(most)d letters: these are %(count)d.")
        raise LabelError(words % {"most": MOST_DIRECTIONS, "count": len(text)})
    if is_unprintable(text) or not text.isprintable():
        raise LabelError(_("Write the directions on one line, in letters that can be printed."))
