"""What the database refuses, whichever code writes."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Subquery
from django.utils import timezone

from accounts.models import User
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, StockMovement
from tests import factories
from tests.guard import UnguardedWrite, unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 17, tzinfo=UTC)


def refused(write, constraint=None):
    with unguarded(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


@shared
def order():
    return factories.order()


@pytest.mark.parametrize(
    ("model", "changes", "constraint"),
    [
        (DeliveryPolicy, {"weekdays": 0}, "policy_weekdays"),
        (DeliveryPolicy, {"weekdays": 128}, "policy_weekdays"),
        (DeliveryPolicy, {"allotment_days": 0}, "policy_allotment_days"),
        (DeliveryPolicy, {"radius_miles": 10, "origin_zip": ""}, "policy_radius_has_origin"),
        (DeliveryWindow, {"ends": time(9, 30)}, "window_times"),
        (DeliveryWindow, {"booked": 21}, "window_not_overbooked"),
        (DeliveryWindow, {"booked": -1}, "CHECK|check|not_overbooked"),
        (Product, {"amount_mg": 999}, "product_amount_by_weight_or_formula"),
        (Product, {"weight_mg": 999}, "product_amount_by_weight_or_formula"),
        (Product, {"stock": -1}, "CHECK|check|not_negative"),
        (Product, {"price_cents": 0}, "product_has_price_and_amount"),
        (Product, {"amount_mg": 0, "thc_mg": 0}, "product_has_price_and_amount"),
        (Product, {"form": "pipe"}, "product_form"),
        (Product, {"color": "grey"}, "product_color"),
        (Product, {"detail": "x" * 80, "name": "x" * 39}, "product_full_name_fits"),
        (OrderLine, {"quantity": 0}, "line_quantity_positive"),
        (OrderLine, {"days": None, "days_by": Subquery(User.objects.values("pk")[:1])}, "line_days_stated_by_somebody"),
        (StockMovement, {"kind": "received", "quantity": -1}, "movement_sign_fits_kind"),
        (StockMovement, {"kind": "reserved", "quantity": 1}, "movement_sign_fits_kind"),
        (StockMovement, {"kind": "released", "quantity": -1}, "movement_sign_fits_kind"),
        (StockMovement, {"kind": "reserved", "quantity": -1, "order": None}, "movement_sign_fits_kind"),
        (StockMovement, {"kind": "lost"}, "movement_sign_fits_kind"),
        (Order, {"status": "cart", "moves": 1}, "order_cart_is_at_rest"),
        (Order, {"status": "lost"}, "order_status|order_packed_has_time"),  # PostgreSQL names the first by name
        (Order, {"status": "packed", "confirmed_at": NOON, "predates_review": True}, "order_packed_has_time"),
        (Order, {"packed_at": NOON}, "order_packed_has_time"),
        (Order, {"status": "packed", "packed_at": NOON}, "order_confirmed_has_time"),
        (
            Order,
            {"status": "delivered", "confirmed_at": NOON, "packed_at": NOON, "predates_review": True},
            "order_ended_has_time",
        ),
        (Order, {"taken_in_at": NOON}, "order_taken_in_was_returned"),
        (Order, {"number": None}, "order_placed_is_complete"),
        (Order, {"window": None}, "order_placed_is_complete"),
        (Order, {"certification": None}, "order_placed_is_complete"),
        (Order, {"policy": None}, "order_placed_is_complete"),
        (Order, {"placed_at": None}, "order_placed_is_complete"),
        (Order, {"idempotency_key": None}, "order_placed_is_complete"),
        (Order, {"is_residence": False}, "order_placed_is_complete"),
        (Order, {"state": "NY"}, "order_placed_is_complete"),
        (Order, {"payment_method": "check"}, "order_placed_is_complete"),
        (Order, {"subtotal_cents": 0}, "order_placed_is_complete"),
        (Order, {"amount_mg": 0}, "order_placed_is_complete"),
        (Order, {"street": ""}, "order_placed_has_address"),
        (Order, {"city": ""}, "order_placed_has_address"),
        (Order, {"zip_code": ""}, "order_placed_has_address"),
        (Order, {"phone": ""}, "order_placed_has_address"),
        (Order, {"status": "cancelled"}, "order_ended_has_time"),
        (Order, {"status": "refused"}, "order_ended_has_time"),
        (Order, {"status": "lapsed"}, "order_ended_has_time"),
        (Order, {"status": "confirmed"}, "order_confirmed_has_time"),
        (Order, {"confirmed_at": datetime(2026, 11, 23, tzinfo=UTC)}, "order_confirmed_has_review"),
    ],
)
def test_an_impossible_row_is_refused(model, changes, constraint, order):
    before = list(model.objects.values())
    refused(lambda: model.objects.update(**changes), constraint)
    assert list(model.objects.values()) == before


def test_a_start_has_one_window():
    window = factories.window()
    refused(lambda: DeliveryWindow.objects.create(date=window.date, starts=window.starts, ends=time(12), capacity=1))


def test_one_cart_for_a_patient_and_an_account():
    cart = factories.cart(factories.patient())
    refused(lambda: Order.objects.create(patient=cart.patient, placed_by=cart.placed_by))


def test_a_key_of_an_account_has_one_order():
    first = factories.order()
    second = factories.order(first.patient)
    refused(lambda: Order.objects.filter(pk=second.pk).update(idempotency_key=first.idempotency_key))


def test_a_product_has_one_line():
    line = factories.order().lines.get()
    copy = {"order": line.order, "product": line.product, "quantity": 1, "unit_price_cents": 1, "amount_mg": 1}
    refused(lambda: OrderLine.objects.create(**copy))


def test_a_sku_and_an_order_number_are_unique():
    product, order = factories.product(), factories.order()
    other = factories.order()
    refused(lambda: Product.objects.exclude(pk=product.pk).update(sku=product.sku))
    refused(lambda: Order.objects.filter(pk=other.pk).update(number=order.number))


def test_a_day_has_one_set_of_terms():
    refused(lambda: DeliveryPolicy(**{**DeliveryPolicy.objects.values().get(), "id": None}).save(force_insert=True))


def test_a_write_outside_an_action_is_caught():
    product = factories.product(stock=4)
    with pytest.raises(UnguardedWrite), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=400)
    product.refresh_from_db()
    assert product.stock == 4


def test_a_window_is_named_by_date_and_start_and_knows_its_instants():
    window = DeliveryWindow(date=date(2026, 11, 25), starts=time(13, 30), ends=time(16, 30), capacity=20, booked=18)
    assert (window.code, window.places_left) == ("2026-11-25-1330", 2)
    assert (window.ends_at - window.starts_at).total_seconds() == 3 * 3600
    assert timezone.is_aware(window.starts_at)


def test_no_row_is_printed_with_a_name():
    order = factories.order()
    rows = [order, order.lines.get(), order.window, order.policy, order.movements.get(), order.lines.get().product]
    assert not [str(row) for row in rows if "Delgado" in str(row) or "Rosa" in str(row)]
    assert str(Order(pk=7)) == "cart 7"
