"""What has to be known of a lot before it is packed, and until when it is good.

Each `check_` raises a DeliveryError.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_as_staff
from delivery.models import Lot, Order, OrderLine, Product
from delivery.rules.errors import ProductError, QuantityError, ReviewError, StockError, TransitionError
from ui.forms import is_unprintable
from ui.templatetags.portal import long_date

MOST_DAYS = 365  # one certification
MOST_MG = 100_000  # THC or CBD of one item
MOST_PRODUCER = 120  # letters
LATEST_END = timedelta(days=3_653)  # ten years: what is later is a slip of the finger
REPORT_CODE = re.compile(r"[0-9]{11}")
MOST_REPORTED = Decimal("999999.999")
STATES_DAYS = "delivery.confirm_order"


@dataclass(frozen=True)
class LotDetails:
    """The details of a lot, as the label of its producer has them.

    THC and CBD are milligrams in one item; `expires_date` is the last day.
    """

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
    """The producer is named in 120 letters or fewer, and THC and CBD are from 0 to 100,000 mg; raises StockError."""
    producer = details.producer.strip()
    if not 0 < len(producer) <= MOST_PRODUCER or not producer.isprintable() or is_unprintable(producer):
        raise StockError(_("Enter the producer as the label has it, on one line of 120 letters."), field="producer")
    for name, milligrams in (("thc_mg", details.thc_mg), ("cbd_mg", details.cbd_mg)):
        if not 0 <= milligrams <= MOST_MG:
            raise StockError(_("Enter THC and CBD of one item in milligrams, from 0 to 100,000."), field=name)


def check_end_is_likely(details: LotDetails, *, today: date) -> None:
    """The last day of the lot is at most ten years ahead, and not in another century; raises StockError."""
    if not date(2000, 1, 1) <= details.expires_date <= today + LATEST_END:
        words = _("The label cannot say %(end)s. Check the year.")
        raise StockError(words % {"end": long_date(details.expires_date)}, field="expires_date")


def check_lot_has_not_ended(number: str, end: date, *, today: date) -> None:
    """Today is not after the last day of the lot; raises StockError."""
    if end < today:
        words = _("Lot %(lot)s ended on %(end)s. Put it aside: nobody may get it.")
        raise StockError(words % {"lot": number, "end": long_date(end)}, field="lot")


def check_report_code(code: str) -> None:
    """The agency's code is eleven digits, or not entered yet; raises ProductError."""
    if code and not REPORT_CODE.fullmatch(code):
        words = _("Enter the eleven digits of the agency’s code, without spaces or hyphens, like 99999000101.")
        raise ProductError(words, field="report_code")


def check_report_quantity(quantity: Decimal) -> None:
    """One item is more than 0 and less than a million of its unit, in thousandths; raises ProductError."""
    is_exact = quantity.is_finite() and 0 < quantity <= MOST_REPORTED and quantity == round(quantity, 3)
    if not is_exact:
        words = _("Enter how much one item is: more than 0, less than 1,000,000, with at most 3 decimals, like 3.5.")
        raise ProductError(words, field="report_quantity")


def check_details_agree(lot: Lot, details: LotDetails) -> None:
    """The lot was received without details, or with the same ones; raises StockError that names the others."""
    known = details_of(lot)
    if known is None or known == replace(details, producer=details.producer.strip()):
        return
    words = _(
        "Lot %(lot)s was received with other details: %(producer)s, good until %(end)s, %(thc)d mg of THC and %(cbd)d "
        "mg of CBD. Compare the labels, then correct the lot."
    )
    said = {"producer": known.producer, "end": long_date(known.expires_date), "thc": known.thc_mg, "cbd": known.cbd_mg}
    raise StockError(words % {"lot": lot.number, **said}, field="lot")


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
        raise ProductError(words % {"name": product.full_name})


def check_lot_is_good(product: Product, number: str, lot: Lot | None, *, day: date) -> None:
    """The details of the lot are known, it was not recalled and is good on `day`; raises StockError."""
    words = {"name": product.full_name, "lot": number}
    if lot is not None and lot.recalled_at:
        sentence = _("%(name)s: lot %(lot)s was recalled. Put the item into quarantine, and take another lot.")
        raise StockError(sentence % words)
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


def check_days(days: int, *, field: str = "days") -> None:
    """One item lasts from 1 to 365 days; raises QuantityError about `field`."""
    if not 1 <= days <= MOST_DAYS:
        raise QuantityError(_("Enter how many days one item lasts, from 1 to 365."), field=field)


def check_days_are_stated(lines: Collection[OrderLine]) -> None:
    """A pharmacist has stated the days' supply of each line; raises ReviewError."""
    missing = [line.product.full_name for line in lines if line.days is None]
    if missing:
        words = _(
            "A pharmacist has to state the days’ supply first: %(names)s. If the order is packed already, unpack it "
            "before."
        )
        raise ReviewError(words % {"names": ", ".join(missing)})
