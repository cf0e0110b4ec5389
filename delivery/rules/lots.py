"""What has to be known of a lot before it is packed, and until when it is good.

Each `check_` raises a DeliveryError.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_as_staff
from delivery.models import Lot, Order, OrderLine, Product
from delivery.rules.errors import ProductError, QuantityError, ReviewError, StockError, TransitionError
from ui.templatetags.portal import long_date

MOST_DAYS = 365  # one certification
STATES_DAYS = "delivery.confirm_order"


@dataclass(frozen=True)
class LotDetails:
    """What the label of the producer says. THC and CBD are milligrams in one item; `expires_date` is the last day."""

    producer: str
    expires_date: date
    thc_mg: int
    cbd_mg: int


def details_of(lot: Lot) -> LotDetails | None:
    """Return what is known of the lot, or None."""
    if lot.expires_date is None:
        return None
    assert lot.thc_mg is not None
    assert lot.cbd_mg is not None
    return LotDetails(lot.producer, lot.expires_date, lot.thc_mg, lot.cbd_mg)


def check_lot_details(details: LotDetails) -> None:
    """The producer is named, and THC and CBD are not negative; raises StockError."""
    if not details.producer.strip():
        raise StockError(_("Enter the producer as the label has it."), field="producer")
    if details.thc_mg < 0 or details.cbd_mg < 0:
        raise StockError(_("Enter THC and CBD of one item in milligrams, from 0."), field="thc_mg")


def check_details_agree(lot: Lot, details: LotDetails) -> None:
    """The lot was received without details, or with the same ones; raises StockError."""
    known = details_of(lot)
    if known not in {None, details}:
        words = _("Lot %(lot)s was received with other details. Compare the labels, then correct the lot.")
        raise StockError(words % {"lot": lot.number}, field="lot")


def check_can_be_dispensed(product: Product, lot: str, *, day: date) -> None:
    """The product has its code for the report, and the lot its details; it is good on `day`, the day of the delivery.

    Raises ProductError or StockError.
    """
    check_has_report_code(product)
    found = Lot.objects.filter(product=product, number=lot).first()
    check_lot_is_good(product, lot, found, day=day)


def check_has_report_code(product: Product) -> None:
    """The product has the agency's code, without which it cannot be reported; raises ProductError."""
    if not product.report_code:
        words = _("%(name)s has no product code for the monitoring report yet. Enter it on the page of the product.")
        raise ProductError(words % {"name": product.name})


def check_lot_is_good(product: Product, number: str, lot: Lot | None, *, day: date) -> None:
    """The details of the lot are known, and it is good on `day`; raises StockError."""
    words = {"name": product.name, "lot": number}
    if lot is None or lot.expires_date is None:
        sentence = _("%(name)s: nobody has entered the details of lot %(lot)s. Enter them from its label.")
        raise StockError(sentence % words)
    if not lot.is_good_on(day):
        sentence = _("%(name)s: lot %(lot)s is good until %(end)s, before the delivery on %(day)s. Take another lot.")
        raise StockError(sentence % {**words, "end": long_date(lot.expires_date), "day": long_date(day)})


def check_may_state_days(order: Order, by: User) -> None:
    """A pharmacist states the days' supply of an order that is confirmed and not packed yet.

    Raises ReviewError or TransitionError.
    """
    if not may_as_staff(by, STATES_DAYS):
        raise ReviewError(_("Only a pharmacist states the days’ supply."))
    if order.status != Order.Status.CONFIRMED:
        raise TransitionError(_("The days’ supply is stated while an order is confirmed and not packed yet."))


def check_days(days: int) -> None:
    """One item lasts from 1 to 365 days; raises QuantityError."""
    if not 1 <= days <= MOST_DAYS:
        raise QuantityError(_("Enter how many days one item lasts, from 1 to 365."), field="days")


def check_days_are_stated(lines: Collection[OrderLine]) -> None:
    """A pharmacist has stated the days' supply of each line; raises ReviewError."""
    missing = [line.product.name for line in lines if line.days is None]
    if missing:
        words = _("A pharmacist has to state the days’ supply first: %(names)s.")
        raise ReviewError(words % {"names": ", ".join(missing)})
