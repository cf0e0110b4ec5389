"""What can be ordered, by whom, where to and until when. Each `check_` raises a DeliveryError; nothing is written."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

import usaddress
import zipcodes
from django.db.models import Count, Q, Sum
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules import is_minor_on, names_po_box, needs_guardian, ounces_to_mg
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product
from ui.errors import PortalError

if TYPE_CHECKING:
    from accounts.models import User

MOST_OF_ONE_PRODUCT = 99
BUSINESS_WORDS = re.compile(
    r"\b(llc|inc|corp|office|suite|ste|dorm|dormitory|residence hall|hotel|motel|store|shop|salon|clinic|church)\b",
    re.IGNORECASE,
)

S = Order.Status
ALLOWED_TRANSITIONS = {
    S.CART: {S.PLACED},
    S.PLACED: {S.CONFIRMED, S.CANCELLED, S.REFUSED, S.LAPSED},
    S.CONFIRMED: {S.CANCELLED, S.REFUSED},
    S.CANCELLED: set(),
    S.REFUSED: set(),
    S.LAPSED: set(),
}


class DeliveryError(PortalError):
    """An expected refusal of this app."""


class TransitionError(DeliveryError):
    """The order is not in a state that allows this."""


class OrdererError(DeliveryError):
    """This account may not order for this patient."""


class CertificationNotValid(DeliveryError):
    """No certification is valid on the delivery day."""


class WindowError(DeliveryError):
    """The window is closed, full or too near."""


class MinimumError(DeliveryError):
    """The order is below the minimum."""


class AllotmentError(DeliveryError):
    """The order is more than what is left of the monthly allotment."""


class StockError(DeliveryError):
    """There is less of a product than was asked for."""


class ProductError(DeliveryError):
    """The product cannot be ordered by this patient."""


class QuantityError(DeliveryError):
    """The quantity is not a number that can be ordered."""


class AddressError(DeliveryError):
    """We cannot deliver to this address."""


class PaymentError(DeliveryError):
    """Neither cash nor debit."""


class ChangedError(DeliveryError):
    """The order is not what the person saw."""


class RepeatedWithOtherContent(DeliveryError):
    """The same form was sent before with other content."""


# --- Answers --------------------------------------------------------------------------------------------------------


def flower_equivalent_mg(*, thc_mg: int, other_cannabinoids_mg: int) -> int:
    """Milligrams of flower by the state's formula, rounded up: g = mg THC / 250 + mg others / 500 [DOMAIN.md 4].

    In milligrams that is 4 × THC + 2 × others, so whole numbers stay whole.
    """
    return 4 * thc_mg + 2 * other_cannabinoids_mg


def policy_on(day: date) -> DeliveryPolicy:
    """The terms of delivery in force on `day`."""
    return DeliveryPolicy.objects.filter(effective_date__lte=day)[0]


def closes_at(window: DeliveryWindow, policy: DeliveryPolicy) -> datetime:
    """The last instant at which an order is accepted: `lead_hours` before the start [brief: 24 hours], in real time.

    Counted in UTC: Python subtracts from a local time what a clock on the wall shows.
    """
    return window.starts_at.astimezone(UTC) - timedelta(hours=policy.lead_hours)


def bookable_windows(*, now: datetime, policy: DeliveryPolicy) -> list[DeliveryWindow]:
    """Windows that an order can still reach, full and closed ones too, in order."""
    today = localtime(now).date()
    upcoming = DeliveryWindow.objects.filter(date__gte=today, date__lt=today + timedelta(weeks=8))
    return [window for window in upcoming if now <= closes_at(window, policy)]


def allotment_mg(certification: Certification) -> int:
    """The certification's monthly allotment in milligrams of flower equivalent."""
    assert certification.monthly_allotment_oz is not None
    return ounces_to_mg(certification.monthly_allotment_oz)


def allotment_left_mg(
    *, patient: Patient, day: date, certification: Certification | None, days: int, without: Order | None = None
) -> int:
    """What may still be ordered for `day`, in mg: the least left over every span of `days` days with `day` in it.

    Orders that hold amounts count on their delivery day, earlier and later ones alike; `without` is left out.
    """
    if certification is None:
        return 0
    near = Order.objects.holding().filter(
        patient=patient, window__date__gt=day - timedelta(days=days), window__date__lt=day + timedelta(days=days)
    )
    if without is not None:
        near = near.exclude(pk=without.pk)
    used: dict[date, int] = defaultdict(int)
    for held_day, amount in near.values_list("window__date", "amount_mg"):
        used[held_day] += amount
    most = max(_sum_over_span(used, day - timedelta(days=back), days) for back in range(days))
    return max(allotment_mg(certification) - most, 0)


def _sum_over_span(used: dict[date, int], first: date, days: int) -> int:
    return sum(amount for day, amount in used.items() if first <= day < first + timedelta(days=days))


def totals(lines: Iterable[OrderLine]) -> tuple[int, int]:
    """Subtotal in cents and amount in mg at today's prices of the products."""
    lines = list(lines)
    return (
        sum(line.quantity * line.product.price_cents for line in lines),
        sum(line.quantity * line.product.amount_mg for line in lines),
    )


def zip_is_served(zip_code: str, policy: DeliveryPolicy) -> bool:
    """A Connecticut ZIP code that takes deliveries, within the radius where one is set (06390 is in New York)."""
    if not re.fullmatch(r"[0-9]{5}", zip_code):
        return False
    place = next(iter(zipcodes.matching(zip_code)), None)
    if place is None or place["state"] != "CT" or place["zip_code_type"] == "PO BOX":
        return False
    if policy.radius_miles is None:
        return True
    origin = zipcodes.matching(policy.origin_zip)[0]
    return _miles_between(origin, place) <= policy.radius_miles


def _miles_between(one: dict[str, str], other: dict[str, str]) -> float:
    lat1, lat2 = radians(float(one["lat"])), radians(float(other["lat"]))  # coordinates, neither money nor amounts
    half_lat, half_long = (lat2 - lat1) / 2, radians(float(other["long"]) - float(one["long"])) / 2
    return 2 * 3958.8 * asin(sqrt(sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_long) ** 2))


def looks_like_business(street: str, unit: str = "") -> bool:
    """Whether a line reads like a business, dorm or workplace: it is asked about, never refused for that alone.

    The name of the street does not count: people live on Church Street.
    """
    try:
        parts, _kind = usaddress.tag(street)
    except usaddress.RepeatedLabelError:
        return bool(BUSINESS_WORDS.search(f"{street} {unit}"))
    told = " ".join(text for label, text in parts.items() if label != "StreetName")
    return bool(BUSINESS_WORDS.search(f"{told} {unit}")) or ("BuildingName" in parts and "AddressNumber" not in parts)


# --- Checks ---------------------------------------------------------------------------------------------------------


def check_transition(order: Order, to: str) -> None:
    """`to` may follow the order's status; raises TransitionError."""
    if to not in ALLOWED_TRANSITIONS[Order.Status(order.status)]:
        raise TransitionError(
            _("This order is %(status)s; that is no longer possible.") % {"status": order.get_status_display().lower()}
        )


def check_orderer(patient: Patient, *, user: "User", today: date) -> None:
    """The patient, or the caregiver, who affirmed; for a minor or a patient without capacity the caregiver alone.

    Raises OrdererError.
    """
    assignment = patient.current_assignment
    if assignment is not None and assignment.caregiver.user_id == user.pk:
        if assignment.affirmed_at is None:
            raise OrdererError(_("Confirm your caregiver’s statement first; then you can order."))
        return
    if patient.user_id != user.pk:
        raise OrdererError(_("Only the patient or the patient’s caregiver can order."))
    if needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=today):
        raise OrdererError(_("For this patient, the caregiver orders and receives."))
    if patient.affirmed_at is None:
        raise OrdererError(_("Confirm your patient’s statement first; then you can order."))


def check_certification_covers(certification: Certification | None, window: DeliveryWindow) -> None:
    """A certification is valid on the delivery day; raises CertificationNotValid."""
    if certification is None or not certification.is_valid_on(window.date):
        raise CertificationNotValid(
            _("No certification is valid on %(day)s. Choose an earlier day, or ask the physician for a renewal.")
            % {"day": date_format(window.date, "l, F j, Y")},
            field="window",
        )


def check_lead_time(window: DeliveryWindow, policy: DeliveryPolicy, *, now: datetime) -> None:
    """Now is at least `lead_hours` before the start, in real time (24:00:00 passes); raises WindowError."""
    if now > closes_at(window, policy):
        raise WindowError(
            _("Orders for this window closed at %(time)s. Choose a later one.")
            % {"time": date_format(localtime(closes_at(window, policy)), "P \\o\\n l, F j")},
            field="window",
        )


def check_window_has_room(window: DeliveryWindow) -> None:
    """Open, and a place left; raises WindowError."""
    if not window.is_open:
        raise WindowError(_("There is no delivery in this window. Choose another one."), field="window")
    if window.booked >= window.capacity:
        raise WindowError(_("This window filled a moment ago. Your cart is kept; choose another one."), field="window")


def check_minimum(subtotal_cents: int, policy: DeliveryPolicy) -> None:
    """The subtotal reaches the minimum in cents [brief: $75]; raises MinimumError."""
    short = policy.minimum_cents - subtotal_cents
    if short > 0:
        raise MinimumError(
            _("You are $%(short)s short of the $%(minimum)s minimum for delivery. Add something to your cart.")
            % {"short": _dollars(short), "minimum": _dollars(policy.minimum_cents)}
        )


def _dollars(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def check_allotment_left(amount_mg: int, left_mg: int) -> None:
    """The order's flower equivalent is within what is left, both in mg; raises AllotmentError."""
    if amount_mg > left_mg:
        raise AllotmentError(
            _("This is %(over)s g more than what is left of the monthly allotment for that day (%(left)s g).")
            % {"over": _grams(amount_mg - left_mg, up=True), "left": _grams(left_mg)}
        )


def _grams(mg: int, *, up: bool = False) -> str:
    hundredths = -(-mg // 10) if up else mg // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def check_quantity(quantity: int) -> None:
    """From 0 (take it out) to 99; raises QuantityError."""
    if not 0 <= quantity <= MOST_OF_ONE_PRODUCT:
        raise QuantityError(
            _("Enter a quantity from 1 to %(most)d, or 0 to remove it.") % {"most": MOST_OF_ONE_PRODUCT},
            field="quantity",
        )


def check_is_in_cart(cart: Order, product: Product) -> None:
    """There is a line to take out; raises QuantityError."""
    if not cart.lines.filter(product=product).exists():
        raise QuantityError(
            _("It is not in your cart. Enter a quantity from 1 to %(most)d to add it.") % {"most": MOST_OF_ONE_PRODUCT},
            field="quantity",
        )


def check_stock(product: Product, quantity: int) -> None:
    """At least `quantity` are there; raises StockError."""
    if quantity > product.stock:
        raise StockError(
            _("Only %(stock)d of %(name)s left.") % {"stock": product.stock, "name": product.name}
            if product.stock
            else _("%(name)s is sold out.") % {"name": product.name},
            field="quantity",
        )


def check_product_fits_patient(product: Product, patient: Patient, *, day: date) -> None:
    """On the menu, and no inhaled form under 18 [law]; raises ProductError."""
    if not product.is_active:
        raise ProductError(_("%(name)s is no longer on the menu.") % {"name": product.name})
    if product.is_inhaled and is_minor_on(patient.birth_date, day):
        raise ProductError(_("%(name)s cannot be ordered for a patient under 18.") % {"name": product.name})


def check_address(*, street: str, unit: str, zip_code: str, is_residence: bool, policy: DeliveryPolicy) -> None:
    """A home in Connecticut, no PO box, within the radius where one is set [brief: never to businesses].

    Raises AddressError.
    """
    if names_po_box(street, unit):
        raise AddressError(_("We cannot deliver to a PO box. Enter the street address of a home."), field="street")
    if not zip_is_served(zip_code, policy):
        raise AddressError(
            _("We deliver to street addresses in Connecticut only. Please check the ZIP code."), field="zip_code"
        )
    if not is_residence:
        raise AddressError(
            _("We deliver to homes only, never to a business. Tick the box if this is a home."), field="is_residence"
        )


def check_payment(payment_method: str) -> None:
    """Cash or debit [brief]; raises PaymentError."""
    if payment_method not in Order.PaymentMethod.values:
        raise PaymentError(_("Choose cash or debit card."), field="payment_method")


def check_subtotal_is_as_seen(subtotal_cents: int, seen_cents: int) -> None:
    """The total is what the page showed; raises ChangedError."""
    if subtotal_cents != seen_cents:
        raise ChangedError(
            _("A price changed: the total is now $%(total)s. Please look at it again before you place the order.")
            % {"total": _dollars(subtotal_cents)}
        )


def check_same_request(order: Order, digest: str) -> None:
    """A repeated form has the content it had; raises RepeatedWithOtherContent."""
    if order.request_digest != digest:
        raise RepeatedWithOtherContent(_("This form was sent before with other content. Start again from your cart."))


def check_may_cancel(order: Order, *, by_staff: bool, now: datetime) -> None:
    """Until the window's cut-off; staff at any time. Raises TransitionError or WindowError."""
    check_transition(order, Order.Status.CANCELLED)
    assert order.window and order.policy
    if not by_staff and now > closes_at(order.window, order.policy):
        raise WindowError(_("It is too late to cancel here. Please call us."))


def stock_mismatches() -> list[Product]:
    """Products whose stock is not the sum of their movements; the nightly check expects none."""
    summed = Product.objects.annotate(moved=Sum("movements__quantity", default=0))
    return [product for product in summed if product.moved != product.stock]


def window_mismatches() -> list[DeliveryWindow]:
    """Windows whose `booked` is not the number of orders that hold a place; the nightly check expects none."""
    holding = Q(orders__status__in=Order.HOLDING)
    counted = DeliveryWindow.objects.annotate(held=Count("orders", filter=holding))
    return [window for window in counted if window.held != window.booked]
