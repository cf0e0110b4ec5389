"""Every write of delivery. Lock order: patient, certification, order, window, products by id."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from certification.models import Certification, Patient
from delivery import rules
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, StockMovement
from notifications.actions import queue
from ui.text import readable_number

# --- Cart -----------------------------------------------------------------------------------------------------------


@audited("cart.set_line")
def set_line(*, patient: Patient, product: Product, quantity: int, by: User) -> Order:
    """Put `quantity` of a product (0 takes it out) into the cart that `by` keeps for the patient; returns the cart."""
    today = timezone.localdate()
    rules.check_quantity(quantity)
    rules.check_orderer(patient, user=by, today=today)
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    cart, _created = Order.objects.get_or_create(patient=patient, placed_by=by, status=Order.Status.CART)
    if quantity == 0:
        rules.check_is_in_cart(cart, product)
        cart.lines.filter(product=product).delete()
    else:
        rules.check_product_fits_patient(product, patient, day=today)
        rules.check_stock(product, quantity)
        OrderLine.objects.update_or_create(
            order=cart,
            product=product,
            defaults={
                "quantity": quantity,
                "unit_price_cents": product.price_cents,
                "amount_mg": product.amount_mg,
            },
        )
    record(action="cart.set_line", by=by, subject=cart)
    return cart


# --- Placing an order -----------------------------------------------------------------------------------------------


@audited("order.place")
def place_order(
    *,
    patient: Patient,
    window: DeliveryWindow,
    address: Mapping[str, Any],
    payment_method: str,
    seen_cents: int,
    idempotency_key: UUID,
    by: User,
) -> Order:
    """Turn the cart that `by` keeps for the patient into an order for `window`.

    `address` has street, unit, city, zip_code, phone, is_residence; `seen_cents` is the total the page showed. Takes a
    place, stock and allotment, all checked under locks. The same key again returns the order it made; with other
    content RepeatedWithOtherContent. Raises every DeliveryError.
    """
    now = timezone.now()
    digest = _request_digest(patient, window, address, payment_method, seen_cents)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    made = Order.objects.filter(placed_by=by, idempotency_key=idempotency_key).first()
    if made is not None:
        rules.check_same_request(made, digest)
        return made
    certification = _locked_certification(patient, window)
    cart = _locked_cart(patient, by)
    window = DeliveryWindow.objects.select_for_update(no_key=True).get(pk=window.pk)
    lines = _lines_with_locked_products(cart)
    policy = rules.policy_on(timezone.localdate())
    _check_may_be_placed(patient, certification, window, lines, policy, now=now, by=by)
    rules.check_address(
        street=address["street"],
        unit=address["unit"],
        zip_code=address["zip_code"],
        is_residence=address["is_residence"],
        policy=policy,
    )
    rules.check_payment(payment_method)
    subtotal_cents, amount_mg = rules.totals(lines)
    rules.check_subtotal_is_as_seen(subtotal_cents, seen_cents)
    for name, value in address.items():
        setattr(cart, name, value)
    cart.certification, cart.window, cart.policy = certification, window, policy
    cart.payment_method, cart.subtotal_cents, cart.amount_mg = payment_method, subtotal_cents, amount_mg
    cart.idempotency_key, cart.request_digest = idempotency_key, digest
    cart.number, cart.status, cart.placed_at = readable_number("D"), Order.Status.PLACED, now
    cart.save()
    _take(cart, lines, by=by)
    record(action="order.place", by=by, subject=cart)
    _tell(cart, "order_placed", by=by)
    return cart


def _request_digest(
    patient: Patient, window: DeliveryWindow, address: Mapping[str, Any], payment_method: str, seen_cents: int
) -> str:
    address_pairs = sorted((name, str(value)) for name, value in address.items())
    content = [patient.number, window.code, address_pairs, payment_method, seen_cents]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _locked_certification(patient: Patient, window: DeliveryWindow) -> Certification | None:
    return Certification.objects.valid_on(window.date).select_for_update(no_key=True).filter(patient=patient).first()


def _locked_cart(patient: Patient, by: User) -> Order:
    cart = Order.objects.carts().select_for_update(no_key=True).filter(patient=patient, placed_by=by).first()
    if cart is None:
        raise rules.MinimumError(_("Your cart is empty. Add something to it first."))
    return cart


def _lines_with_locked_products(cart: Order) -> list[OrderLine]:
    lines = list(cart.lines.all())
    if not lines:
        raise rules.MinimumError(_("Your cart is empty. Add something to it first."))
    ids = [line.product_id for line in lines]
    products = Product.objects.select_for_update(no_key=True).order_by("pk").in_bulk(ids)
    for line in lines:
        line.product = products[line.product_id]
    return lines


def _check_may_be_placed(
    patient: Patient,
    certification: Certification | None,
    window: DeliveryWindow,
    lines: list[OrderLine],
    policy: DeliveryPolicy,
    *,
    now: datetime,
    by: User,
) -> None:
    rules.check_orderer(patient, user=by, today=timezone.localdate(now))
    rules.check_lead_time(window, policy, now=now)
    rules.check_certification_covers(certification, window)
    rules.check_window_has_room(window)
    for line in lines:
        rules.check_product_fits_patient(line.product, patient, day=window.date)
        rules.check_stock(line.product, line.quantity)
    subtotal_cents, amount_mg = rules.totals(lines)
    rules.check_minimum(subtotal_cents, policy)
    left_mg = rules.allotment_left_mg(
        patient=patient, day=window.date, certification=certification, days=policy.allotment_days
    )
    rules.check_allotment_left(amount_mg, left_mg)


def _take(order: Order, lines: list[OrderLine], *, by: User) -> None:
    """One place of the window, and the stock of each line; prices and amounts stand from now on."""
    assert order.window_id
    DeliveryWindow.objects.filter(pk=order.window_id).update(booked=F("booked") + 1)
    for line in lines:
        line.unit_price_cents, line.amount_mg = line.product.price_cents, line.product.amount_mg
    OrderLine.objects.bulk_update(lines, ["unit_price_cents", "amount_mg"])
    _move_stock(order, lines, StockMovement.Kind.RESERVED, sign=-1, by=by)


def _give_back(order: Order, *, by: User | None) -> None:
    assert order.window_id
    DeliveryWindow.objects.filter(pk=order.window_id).update(booked=F("booked") - 1)
    _move_stock(order, order.lines.order_by("product_id"), StockMovement.Kind.RELEASED, sign=1, by=by)


def _move_stock(order: Order, lines: Iterable[OrderLine], kind: str, *, sign: int, by: User | None) -> None:
    lines = sorted(lines, key=lambda line: line.product_id)
    for line in lines:
        Product.objects.filter(pk=line.product_id).update(stock=F("stock") + sign * line.quantity)
    StockMovement.objects.bulk_create(
        StockMovement(product_id=line.product_id, kind=kind, quantity=sign * line.quantity, order=order, by=by)
        for line in lines
    )


def _tell(order: Order, kind: str, *, by: User | None) -> None:
    queue(
        kind=kind,
        recipient=order.placed_by.email,
        context={"order": order.pk},
        dedupe_key=f"{kind}:{order.pk}",
        by=by,
    )


# --- What becomes of an order ---------------------------------------------------------------------------------------


@audited("order.confirm")
def confirm_order(*, order: Order, by: User) -> Order:
    """Staff have reviewed a placed order and will deliver it; the orderer is told. Again changes nothing."""
    order = _locked(order)
    if order.status == Order.Status.CONFIRMED:
        return order
    rules.check_transition(order, Order.Status.CONFIRMED)
    order.status, order.confirmed_at = Order.Status.CONFIRMED, timezone.now()
    order.save(update_fields=["status", "confirmed_at"])
    record(action="order.confirm", by=by, subject=order)
    _tell(order, "order_confirmed", by=by)
    return order


@audited("order.refuse")
def refuse_order(*, order: Order, reason: str, by: User) -> Order:
    """Staff cannot deliver it; place, stock and allotment are given back and the orderer is told the reason.

    Again changes nothing.
    """
    order = _locked(order)
    if order.status == Order.Status.REFUSED:
        return order
    return _undo(order, Order.Status.REFUSED, reason=reason, kind="order_refused", by=by)


@audited("order.cancel")
def cancel_order(*, order: Order, by: User, reason: str = "") -> Order:
    """The orderer until the cut-off, or staff: place, stock and allotment are given back. Again changes nothing."""
    order = _locked(order)
    if order.status == Order.Status.CANCELLED:
        return order
    now = timezone.now()
    if not by.is_staff:
        rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_cancel(order, by_staff=by.is_staff, now=now)
    return _undo(order, Order.Status.CANCELLED, reason=reason, kind="order_cancelled", by=by)


@audited("order.undo_uncovered")
def undo_uncovered_orders(*, patient: Patient, from_day: date, by: User | None) -> int:
    """Cancel open orders from `from_day` on that no certification covers any more, or that exceed its allotment.

    The latest go first, so that an earlier promise stands; returns how many were undone.
    """
    undone = 0
    policy = rules.policy_on(timezone.localdate())
    open_orders = Order.objects.holding().filter(patient=patient, window__date__gte=from_day)
    _lock_all(open_orders)
    for order in open_orders.select_related("window", "placed_by").order_by("-window__date", "-pk"):
        assert order.window
        day = order.window.date
        left_mg = rules.allotment_left_mg(
            patient=patient,
            day=day,
            certification=patient.certification_on(day),
            days=policy.allotment_days,
            without=order,
        )
        if order.amount_mg > left_mg:
            reason = _("Your certification no longer covers this order.")
            _undo(_locked(order), Order.Status.CANCELLED, reason=reason, kind="order_cancelled", by=by)
            undone += 1
    return undone


def lapse_orders(*, now: datetime, by: User | None) -> int:
    """Give back what placed orders hold whose window passed without staff confirming them; returns how many."""
    passed = Order.objects.filter(status=Order.Status.PLACED, window__date__lte=timezone.localdate(now)).select_related(
        "window"
    )
    lapsed = 0
    for order in passed:
        assert order.window
        if order.window.ends_at <= now and _lapse(order, by=by):
            lapsed += 1
    return lapsed


def _lapse(order: Order, *, by: User | None) -> bool:
    with transaction.atomic():
        order = _locked(order)
        if order.status != Order.Status.PLACED:
            return False
        _undo(order, Order.Status.LAPSED, reason="", kind="order_cancelled", by=by)
    return True


def _undo(order: Order, status: str, *, reason: str, kind: str, by: User | None) -> Order:
    rules.check_transition(order, status)
    order.status, order.ended_at, order.ended_reason = status, timezone.now(), reason
    order.save(update_fields=["status", "ended_at", "ended_reason"])
    _give_back(order, by=by)
    record(action=f"order.{status}", by=by, subject=order, reason=reason)
    _tell(order, kind, by=by)
    return order


def _lock_all(orders: QuerySet[Order]) -> None:
    """Several orders at once, in the order of everybody: the orders, all their windows, all their products."""
    held = list(orders.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", "window"))
    for model, ids in (
        (DeliveryWindow, {window for _order, window in held}),
        (
            Product,
            set(OrderLine.objects.filter(order__in=[pk for pk, _window in held]).values_list("product", flat=True)),
        ),
    ):
        list(model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def _locked(order: Order) -> Order:
    """The order with its patient, window and policy; patient first, as every action of an order locks."""
    Patient.objects.select_for_update(no_key=True).get(orders=order)
    return (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("window", "policy", "patient", "placed_by")
        .get(pk=order.pk)
    )


# --- Stock, policy, windows -----------------------------------------------------------------------------------------


@audited("product.save")
def save_product(*, sku: str, by: User | None, **fields: Any) -> Product:
    """A row of the menu: name, form, price_cents, amount_mg, thc_mg, cbd_mg, is_inhaled, is_active. Never the stock."""
    product, _created = Product.objects.update_or_create(sku=sku, defaults=fields)
    record(action="product.save", by=by, subject=product)
    return product


@audited("stock.receive")
def receive_stock(*, product: Product, quantity: int, lot: str, by: User | None, reason: str = "") -> None:
    """`quantity` (1 to 10,000) of a lot came in."""
    if not 1 <= quantity <= 10_000:
        raise rules.QuantityError(_("Enter a quantity from 1 to 10,000."), field="quantity")
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + quantity)
    StockMovement.objects.create(
        product=product, kind=StockMovement.Kind.RECEIVED, quantity=quantity, lot=lot, by=by, reason=reason
    )
    record(action="stock.receive", by=by, subject=product)


@audited("policy.set")
def set_policy(*, effective_date: date, by: User | None, **terms: Any) -> DeliveryPolicy:
    """The terms of delivery from `effective_date` on (fields of DeliveryPolicy)."""
    policy, _created = DeliveryPolicy.objects.get_or_create(effective_date=effective_date, defaults=terms)
    record(action="policy.set", by=by, subject=policy)
    return policy


@audited("reference.policies")
def sync_policies(*, policies: Iterable[Mapping[str, Any]], by: User | None) -> None:
    """Make the first terms of delivery stand where there are none; running it again changes nothing."""
    if not DeliveryPolicy.objects.exists():
        DeliveryPolicy.objects.bulk_create(DeliveryPolicy(**policy) for policy in policies)


@audited("windows.make")
def make_windows(*, today: date, by: User | None) -> int:
    """The windows of the next WEEKS_OF_WINDOWS weeks, as the policy of each day says; those that stand are left alone.

    Returns how many there are in that time.
    """
    wanted = []
    for offset in range(settings.WEEKS_OF_WINDOWS * 7):
        day = today + timedelta(days=offset)
        policy = rules.policy_on(day)
        if day.weekday() == policy.weekday:
            wanted += [
                DeliveryWindow(
                    date=day,
                    starts=time.fromisoformat(starts),
                    ends=time.fromisoformat(ends),
                    capacity=policy.capacity,
                )
                for starts, ends in policy.windows
            ]
    DeliveryWindow.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(wanted)
