"""Placing an order: the cart becomes an order. Locks: patient, certification, order, window, products by id."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from certification.models import Caregiver, Certification, Patient, PatientToday
from certification.models.people import today_of
from delivery import rules, signals
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine
from delivery.writes.holds import take_place, take_stock
from delivery.writes.messages import notify_orderer
from ui.prepared import Prepared, attach
from ui.text import readable_number

# What placing an order enters in the row of the cart.
ENTERED = [
    "number", "status", "placed_at", "patient", "certification", "window", "policy", "placed_by", "assisted_by",
    "street", "unit", "city", "zip_code", "phone", "is_residence", "payment_method", "subtotal_cents", "amount_mg",
    "idempotency_key", "request_digest",
]  # fmt: skip


@audited("order.place", subject="patient")
def place_order(
    *,
    patient: Patient,
    window: DeliveryWindow,
    address: Mapping[str, Any],
    payment_method: str,
    seen_cents: int,
    idempotency_key: UUID,
    by: User,
    caller: Patient | Caregiver | None = None,
) -> Order:
    """Turn the cart that `by` keeps for the patient into an order for `window`; returns the order with its lines.

    `address` has street, unit, city, zip_code, phone and is_residence; `seen_cents` is the total that the page showed.
    The order takes a place, stock and allotment, all checked under locks. The same key again returns the order that it
    made, or raises RepeatedWithOtherContent when the content differs. With a `caller`, `by` is the member of staff who
    took the call. Raises every DeliveryError.
    """
    now = timezone.now()
    digest = _request_digest(patient, window, address, payment_method, seen_cents)
    locked = _locked_patient(patient)
    patient, certification = locked.patient, locked.certification
    cart, is_placed = _locked_cart_or_order(patient, idempotency_key, by)
    if is_placed:
        rules.check_same_request(cart, digest)
        return cart
    policy = rules.policy_on(timezone.localdate(now))
    rules.check_orderer(patient, user=by, today=timezone.localdate(now), caller=caller, assignment=locked.assignment)
    rules.check_lead_time(window, policy, now=now)
    rules.check_certification_covers(certification, window)
    take_place(window)
    lines = _checked_lines(cart, patient, certification, window, policy)
    _enter_answers(cart, address, payment_method, policy)
    cart.subtotal_cents, cart.amount_mg = rules.totals(lines)
    rules.check_subtotal_is_as_seen(cart.subtotal_cents, seen_cents)
    cart.patient, cart.certification, cart.window, cart.policy = patient, certification, window, policy
    cart.placed_by, cart.assisted_by = by, by if caller else None
    cart.idempotency_key, cart.request_digest = idempotency_key, digest
    _place(cart, lines, locked, now=now, by=by)
    attach([cart], "lines", sorted(lines, key=lambda line: line.pk), by="order_id")
    return cart


def _place(cart: Order, lines: list[OrderLine], locked: PatientToday, *, now: datetime, by: User) -> None:
    """Turn the checked cart into an order, take its stock and notify the orderer."""
    cart.number, cart.status, cart.placed_at = readable_number("D"), rules.MOVES["place"].to, now
    cart.save(update_fields=ENTERED)
    take_stock(cart, lines, by=by)
    record(by=by, subject=cart)
    notify_orderer(cart, "order_placed", by=by, assignment=locked.assignment)
    signals.order_placed.send(sender=Order, order=cart, patient=locked, by=by)


def _enter_answers(cart: Order, address: Mapping[str, Any], payment_method: str, policy: DeliveryPolicy) -> None:
    """Check the answers of the checkout, and enter them in the cart."""
    asked = {name: address[name] for name in ("street", "unit", "zip_code", "is_residence")}
    rules.check_address(**asked, policy=policy)
    for name, value in address.items():
        setattr(cart, name, value)
    rules.check_payment(payment_method)
    cart.payment_method = payment_method


def _request_digest(
    patient: Patient, window: DeliveryWindow, address: Mapping[str, Any], payment_method: str, seen_cents: int
) -> str:
    address_pairs = sorted((name, str(value)) for name, value in address.items())
    content = [patient.number, window.code, address_pairs, payment_method, seen_cents]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _locked_patient(patient: Patient) -> PatientToday:
    """Lock the patient, then read the patient with certification and caregiver.

    What is read after the lock is what another action has changed while this action waited for the lock.
    """
    _lock.rows(patient=patient.pk)
    return today_of(patient)


_lock = Prepared(
    lambda *, patient: Patient.objects.select_for_update(no_key=True).filter(pk=patient).values_list("pk", flat=True)
)


def _locked_cart_or_order(patient: Patient, idempotency_key: UUID, by: User) -> tuple[Order, bool]:
    """Return the order that this form has made already, and True; otherwise the cart, and False.

    Both are looked for in one query. Raises MinimumError where there is neither.
    """
    found = _carts_and_orders.rows(patient=patient.pk, key=idempotency_key, by=by.pk)
    made = [order for order in found if order.idempotency_key == idempotency_key]
    if found:
        return (made or found)[0], bool(made)
    raise rules.MinimumError(_("Your cart is empty. Add something to it first."))


def _lock_carts_and_orders(*, patient: int, key: UUID, by: int) -> QuerySet[Order]:
    has_key, is_cart = Q(idempotency_key=key), Q(patient=patient, status=Order.Status.CART)
    return Order.objects.select_for_update(no_key=True).filter(has_key | is_cart, placed_by=by).order_by("pk")


_carts_and_orders = Prepared(_lock_carts_and_orders)


def _lines_with_locked_products(cart: Order) -> list[OrderLine]:
    lines = _lines.rows(order=cart.pk)
    if not lines:
        raise rules.MinimumError(_("Your cart is empty. Add something to it first."))
    return lines


def _lock_products(*, order: int) -> QuerySet[OrderLine]:
    lines = OrderLine.objects.filter(order=order).select_related("product").order_by("product_id")
    return lines.select_for_update(no_key=True, of=("product",))


_lines = Prepared(_lock_products)


def _checked_lines(
    cart: Order,
    patient: Patient,
    certification: Certification | None,
    window: DeliveryWindow,
    policy: DeliveryPolicy,
) -> list[OrderLine]:
    """Return the lines with their products locked, after all checks of products, minimum and allotment."""
    lines = _lines_with_locked_products(cart)
    for line in lines:
        rules.check_product_fits_patient(line.product, patient, day=window.date)
        rules.check_stock(line.product, line.quantity)
    subtotal_cents, amount_mg = rules.totals(lines)
    rules.check_minimum(subtotal_cents, policy)
    left_mg = rules.allotment_left_mg(
        patient=patient, day=window.date, certification=certification, days=policy.allotment_days
    )
    rules.check_allotment_left(amount_mg, left_mg)
    return lines
