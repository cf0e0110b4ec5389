"""The cart that an account keeps for a patient."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import Caregiver, CaregiverAssignment, Certification, Patient
from delivery import rules
from delivery.models import Order, OrderLine, Product
from ui.prepared import Prepared


@audited("cart.set_line", subject="patient")
def set_line(
    *,
    patient: Patient,
    product: Product,
    quantity: int,
    by: User,
    caller: Patient | Caregiver | None = None,
    assignment: CaregiverAssignment | None = None,
    certification: Certification | None = None,
) -> Order:
    """Set a product in the cart that `by` keeps for the patient to `quantity`; 0 takes it out. Returns the cart.

    Nothing goes into the cart of a patient whose certification covers no day that can be ordered for. `assignment` and
    `certification` are the patient's where they have been read already.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    rules.check_quantity(quantity)
    rules.check_orderer(patient, user=by, today=today, caller=caller, assignment=assignment)
    if quantity:
        _check_can_order(certification or rules.running_certification(patient), now)
    cart = _locked_cart(patient, by)
    if quantity == 0:
        rules.check_is_in_cart(cart, product)
        cart.lines.filter(product=product).delete()
    else:
        rules.check_product_fits_patient(product, patient, day=today)
        rules.check_stock(product, quantity)
        _put(cart, product, quantity)
    record(by=by, subject=cart)
    return cart


@audited("order.reorder", subject="order")
def reorder(
    *,
    order: Order,
    by: User,
    caller: Patient | Caregiver | None = None,
    assignment: CaregiverAssignment | None = None,
    certification: Certification | None = None,
) -> Order:
    """Put the products of an earlier order into the cart that `by` keeps for the patient, as far as possible today.

    A product is set to the quantity of the order, or to what is in stock; other products of the cart stay in it.
    `assignment` and `certification` are the patient's where they have been read already. Returns the cart.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    rules.check_orderer(order.patient, user=by, today=today, caller=caller, assignment=assignment)
    _check_can_order(certification or rules.running_certification(order.patient), now)
    cart = _locked_cart(order.patient, by)
    for line in order.lines.select_related("product"):
        if line.product.stock and not _refusal(line.product, cart, today):
            _put(cart, line.product, min(line.quantity, line.product.stock))
    record(by=by, subject=order)
    return cart


def _check_can_order(certification: Certification | None, now: datetime) -> None:
    today = timezone.localdate(now)
    if certification and certification.is_valid_on(today + timedelta(weeks=settings.WEEKS_OF_WINDOWS)):
        return  # it covers every window, so they need not be read
    windows = rules.bookable_windows(now=now, policy=rules.policy_on(today))
    rules.check_can_be_ordered_for(certification, windows)


def _locked_cart(patient: Patient, by: User) -> Order:
    """Return the cart, locked: another tab may be turning it into an order at this moment."""
    found: Order | None = _carts.first(patient=patient.pk, by=by.pk)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Order.objects.create(patient=patient, placed_by=by, status=Order.Status.CART)
    except IntegrityError:  # another tab has just made it
        found = _carts.first(patient=patient.pk, by=by.pk)
        if found is None:
            raise
        return found


def _lock_carts(*, patient: int, by: int) -> QuerySet[Order]:
    return Order.objects.carts().select_for_update(no_key=True).filter(patient=patient, placed_by=by)


_carts = Prepared(_lock_carts)


def _refusal(product: Product, cart: Order, today: date) -> str:
    return rules.refusal_of(rules.check_product_fits_patient, product, cart.patient, day=today)


def _put(cart: Order, product: Product, quantity: int) -> None:
    line = OrderLine(
        order=cart,
        product=product,
        quantity=quantity,
        unit_price_cents=product.price_cents,
        amount_mg=product.amount_mg,
    )
    OrderLine.objects.bulk_create(
        [line],
        update_conflicts=True,
        unique_fields=["order", "product"],
        update_fields=["quantity", "unit_price_cents", "amount_mg"],
    )
