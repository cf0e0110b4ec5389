from calendar import FRIDAY
from datetime import date, timedelta
from uuid import uuid4

import pytest

from audit.models import Event
from delivery import actions, rules
from delivery.actions import undoing
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, StockMovement
from notifications.models import Notification
from tests import factories
from tests.delivery import people

pytestmark = pytest.mark.django_db
WEDNESDAY = date(2026, 11, 25)


def kinds_to(email):
    return set(Notification.objects.filter(recipient=email, kind__startswith="order_").values_list("kind", flat=True))


def stock_of(order):
    return [line.product.stock for line in order.lines.select_related("product")]


def booked(window):
    return DeliveryWindow.objects.get(pk=window.pk).booked


# --- Cart -----------------------------------------------------------------------------------------------------------


def test_set_line_makes_one_cart_and_keeps_todays_price():
    patient, product = factories.patient(), factories.product()
    actions.set_line(patient=patient, product=product, quantity=1, by=patient.user)
    product = actions.save_product(sku=product.sku, price_cents=4100, by=None)
    cart = actions.set_line(patient=patient, product=product, quantity=3, by=patient.user)
    line = cart.lines.get()
    assert (line.quantity, line.unit_price_cents, line.amount_mg) == (3, 4100, 1000)
    assert Order.objects.get() == cart
    assert (cart.status, cart.number, cart.placed_by) == ("cart", None, patient.user)


def test_set_line_to_zero_takes_the_product_out():
    patient, product = factories.patient(), factories.product()
    cart = factories.cart(patient, (product, 2))
    actions.save_product(sku=product.sku, is_active=False, by=None)
    actions.set_line(patient=patient, product=product, quantity=0, by=patient.user)
    assert not cart.lines.exists()
    assert Event.objects.filter(action="cart.set_line", outcome="done").count() == 2


def test_set_line_keeps_the_carts_of_patient_and_caregiver_apart():
    patient, caregiver = people.patient_with_caregiver()
    first = factories.cart(patient)
    second = factories.cart(patient, by=caregiver.user)
    assert first != second
    assert second.placed_by == caregiver.user


@pytest.mark.parametrize(
    ("over", "quantity", "error"),
    [
        ({}, -1, rules.QuantityError),
        ({}, 0, rules.QuantityError),
        ({}, 100, rules.QuantityError),
        ({"stock": 2}, 3, rules.StockError),
        ({"stock": 0}, 1, rules.StockError),
        ({"is_active": False}, 1, rules.ProductError),
    ],
)
def test_set_line_refuses_and_writes_nothing(over, quantity, error):
    patient, product = factories.patient(), factories.product(**over)
    with pytest.raises(error):
        actions.set_line(patient=patient, product=product, quantity=quantity, by=patient.user)
    assert not Order.objects.exists()
    assert Event.objects.filter(action="cart.set_line", outcome="refused").count() == 1


def test_set_line_by_a_stranger_is_refused():
    with pytest.raises(rules.OrdererError):
        actions.set_line(patient=factories.patient(), product=factories.product(), quantity=1, by=factories.user())
    assert not OrderLine.objects.exists()


# --- Placing --------------------------------------------------------------------------------------------------------


def test_place_order_takes_a_place_and_stock_and_notifies_the_orderer():
    patient, product, window = factories.patient(), factories.product(stock=10), factories.window()
    order = factories.order(patient, into=window, lines=[(product, 2)])
    assert (order.status, order.subtotal_cents, order.amount_mg, order.window) == ("placed", 8000, 2000, window)
    assert order.number.startswith("D-")
    assert (order.certification, order.placed_by) == (patient.certification_on(WEDNESDAY), patient.user)
    assert (order.street, order.zip_code, order.is_residence) == ("40 Orange Street", "06510", True)
    assert (booked(window), stock_of(order)) == (1, [8])
    movement = StockMovement.objects.get(order=order)
    assert (movement.kind, movement.quantity, movement.by) == ("reserved", -2, patient.user)
    assert kinds_to(patient.user.email) == {"order_placed"}
    assert Event.objects.filter(action="order.place", subject_id=order.pk, actor_id=patient.user.pk).count() == 1


def test_place_order_fixes_the_prices_of_its_lines():
    order = factories.order()
    line = order.lines.get()
    actions.save_product(sku=line.product.sku, price_cents=9900, weight_mg=5, by=None)
    line.refresh_from_db()
    assert (line.unit_price_cents, line.amount_mg) == (4000, 1000)


def test_place_order_again_with_the_same_key_gives_the_same_order():
    patient, key, window = factories.patient(), uuid4(), factories.window()
    first = factories.order(patient, into=window, idempotency_key=key)
    again = place(patient, window, idempotency_key=key)
    assert again == first
    assert (Order.objects.count(), booked(window), Notification.objects.filter(kind="order_placed").count()) == (
        1,
        1,
        1,
    )


def test_place_order_again_with_other_content_is_refused():
    patient, key, window = factories.patient(), uuid4(), factories.window()
    factories.order(patient, into=window, idempotency_key=key)
    with pytest.raises(rules.RepeatedWithOtherContent):
        place(patient, window, idempotency_key=key, payment_method="debit")
    assert booked(window) == 1


def test_place_order_with_the_key_of_another_patients_order_is_refused():
    """A caregiver of two sends the form of one patient again for the other: no order of the other patient results."""
    caregiver, child, sibling = people.guardian_of_two()
    key, window = uuid4(), factories.window()
    factories.order(child, into=window, by=caregiver.user, idempotency_key=key)
    with pytest.raises(rules.RepeatedWithOtherContent):
        place(sibling, window, by=caregiver.user, idempotency_key=key)


def place(patient, window, **over):
    return actions.place_order(
        **{
            "patient": patient,
            "window": window,
            "address": factories.address(),
            "payment_method": "cash",
            "seen_cents": 8000,
            "idempotency_key": uuid4(),
            "by": patient.user,
            **over,
        }
    )


def refused(error, patient, window, **over):
    """Place an order that is refused; show that no place, stock or order was written and the cart is unchanged."""
    stock = list(Product.objects.order_by("pk").values_list("stock", flat=True))
    taken, lines = booked(window), OrderLine.objects.count()
    with pytest.raises(error) as refusal:
        place(patient, window, **over)
    assert not Order.objects.placed().exists()
    assert list(Product.objects.order_by("pk").values_list("stock", flat=True)) == stock
    assert (booked(window), OrderLine.objects.count()) == (taken, lines)
    assert not StockMovement.objects.exclude(kind="received").exists()
    assert not Notification.objects.filter(kind="order_placed").exists()
    return str(refusal.value)


def test_place_order_without_a_cart_or_with_an_empty_one_is_refused():
    patient, window, product = factories.patient(), factories.window(), factories.product()
    assert "empty" in refused(rules.MinimumError, patient, window)
    factories.cart(patient, (product, 1))
    actions.set_line(patient=patient, product=product, quantity=0, by=patient.user)
    assert "empty" in refused(rules.MinimumError, patient, window)


def test_place_order_of_74_99_is_refused_and_75_taken():
    patient, window = factories.patient(), factories.window()
    product = factories.product(price_cents=7499)
    factories.cart(patient, (product, 1))
    assert "$0.01 short" in refused(rules.MinimumError, patient, window, seen_cents=7499)
    actions.save_product(sku=product.sku, price_cents=7500, by=None)
    assert place(patient, window, seen_cents=7500).subtotal_cents == 7500


def test_place_order_24_hours_ahead_passes_and_a_second_less_is_refused(monday):
    patient, window = factories.patient(), factories.window()
    factories.cart(patient)
    monday.move_to(window.starts_at - timedelta(hours=24) + timedelta(seconds=1))
    assert "closed at 9:30 a.m." in refused(rules.WindowError, patient, window)
    monday.move_to(window.starts_at - timedelta(hours=24))
    assert place(patient, window).status == "placed"


def test_place_order_into_a_full_window_is_refused():
    people.policy(date(2026, 11, 1), capacity=1)
    patient, window = factories.patient(), factories.window()
    factories.order(into=window)
    cart = factories.cart(patient)
    with pytest.raises(rules.WindowError, match="filled a moment ago"):
        place(patient, window)
    assert (booked(window), cart.lines.count()) == (1, 1)


def test_place_order_beyond_the_certification_is_refused():
    patient = factories.certification(on=date(2025, 12, 3)).patient
    factories.cart(patient)
    assert "No certification" in refused(rules.CertificationNotValid, patient, factories.window(date(2026, 12, 9)))


def test_place_order_over_the_allotment_is_refused():
    patient, product = factories.patient(), factories.product(amount_mg=49_612)
    factories.cart(patient, (product, 2))
    assert "0.001 g more" in refused(rules.AllotmentError, patient, factories.window())


def test_place_order_of_a_product_that_sold_out_meanwhile_is_refused():
    patient, product, window = factories.patient(), factories.product(stock=2), factories.window()
    factories.cart(patient, (product, 2))
    factories.order(into=window, lines=[(product, 2)])
    with pytest.raises(rules.StockError, match="sold out"):
        place(patient, window)
    assert booked(window) == 1


def test_place_order_of_an_inhaled_form_for_a_child_is_refused(monday):
    """The product was changed after it was put into the cart, so the order must be refused as well."""
    caregiver, child = people.guardian_of_a_child()
    product = factories.product()
    factories.cart(child, (product, 2), by=caregiver.user)
    actions.save_product(sku=product.sku, is_inhaled=True, by=None)
    assert "under 18" in refused(rules.ProductError, child, factories.window(), by=caregiver.user)


def test_place_order_after_a_price_changed_is_refused_until_it_was_seen():
    patient, product, window = factories.patient(), factories.product(), factories.window()
    factories.cart(patient, (product, 2))
    actions.save_product(sku=product.sku, price_cents=4100, by=None)
    assert "now $82.00" in refused(rules.ChangedError, patient, window)
    assert place(patient, window, seen_cents=8200).subtotal_cents == 8200


@pytest.mark.parametrize(
    "over", [{"zip_code": "06390"}, {"street": "PO Box 3"}, {"is_residence": False}], ids=["zip", "po box", "business"]
)
def test_place_order_to_an_address_outside_the_area_is_refused(over):
    patient = factories.patient()
    factories.cart(patient)
    refused(rules.AddressError, patient, factories.window(), address=factories.address(**over))


def test_place_order_with_a_credit_card_is_refused():
    patient = factories.patient()
    factories.cart(patient)
    refused(rules.PaymentError, patient, factories.window(), payment_method="credit")


def test_place_order_by_a_caregiver_names_caregiver_and_patient():
    patient, caregiver = people.patient_with_caregiver()
    order = factories.order(patient, by=caregiver.user)
    assert (order.patient, order.placed_by) == (patient, caregiver.user)
    assert kinds_to(caregiver.user.email) == {"order_placed"}
    assert kinds_to(patient.user.email) == set()


# --- What becomes of it ---------------------------------------------------------------------------------------------


def test_confirm_order_notifies_the_orderer_and_keeps_the_hold():
    order, staff = factories.order(), factories.staff("Pharmacist")
    factories.confirm(order, by=staff)
    order.refresh_from_db()
    assert (order.status, order.confirmed_at is not None, booked(order.window)) == ("confirmed", True, 1)
    assert kinds_to(order.placed_by.email) == {"order_placed", "order_confirmed"}
    confirmed_at = order.confirmed_at
    assert factories.confirm(order, by=staff).confirmed_at == confirmed_at  # sent twice


def test_refuse_order_twice_releases_the_hold_once():
    order, staff = factories.order(), factories.staff("Pharmacist")
    for reason in ("A recall.", "Sent again."):
        actions.refuse_order(order=order, reason=reason, by=staff)
    order.refresh_from_db()
    assert (order.ended_reason, booked(order.window)) == ("A recall.", 0)


def test_refuse_order_releases_the_hold_and_stores_the_reason():
    order = factories.order()
    actions.refuse_order(order=order, reason="A recall.", by=factories.staff("Pharmacist"))
    order.refresh_from_db()
    assert (order.status, order.ended_reason, booked(order.window), stock_of(order)) == (
        "refused",
        "A recall.",
        0,
        [50],
    )
    assert sorted(order.movements.values_list("kind", "quantity")) == [("released", 2), ("reserved", -2)]
    assert "order_refused" in kinds_to(order.placed_by.email)


def test_cancel_order_releases_the_hold_once_however_often_it_is_sent():
    order = factories.order()
    for _time in range(2):
        actions.cancel_order(order=order, by=order.placed_by)
    assert (booked(order.window), stock_of(order), order.movements.count()) == (0, [50], 2)
    assert Order.objects.get().status == "cancelled"


def test_cancel_order_after_the_cut_off_is_for_staff(monday):
    order = factories.order()
    monday.move_to(order.window.starts_at - timedelta(hours=24) + timedelta(seconds=1))
    with pytest.raises(rules.WindowError):
        actions.cancel_order(order=order, by=order.placed_by)
    assert booked(order.window) == 1
    actions.cancel_order(order=order, by=factories.staff("Manager"), reason="Asked by phone.")
    assert Order.objects.get().ended_reason == "Asked by phone."


def test_cancel_order_by_a_stranger_is_refused():
    order = factories.order()
    with pytest.raises(rules.OrdererError):
        actions.cancel_order(order=order, by=factories.user())
    assert (Order.objects.get().status, booked(order.window)) == ("placed", 1)


def test_lapse_orders_ends_unconfirmed_orders_with_their_window_and_others_with_their_day(monday):
    placed, confirmed, packed = factories.order(), factories.confirmed_order(), factories.packed_order()
    assert actions.lapse_orders(now=placed.window.ends_at - timedelta(seconds=1), by=None) == 0
    assert actions.lapse_orders(now=placed.window.ends_at, by=None) == 1
    midnight = placed.window.ends_at.replace(hour=0, minute=0) + timedelta(days=1)
    assert actions.lapse_orders(now=midnight - timedelta(seconds=1), by=None) == 0
    assert actions.lapse_orders(now=midnight, by=None) == 2
    assert actions.lapse_orders(now=midnight, by=None) == 0
    reasons = {order.pk: (order.status, order.ended_reason) for order in Order.objects.all()}
    assert reasons == {
        placed.pk: ("lapsed", rules.NOT_CONFIRMED),
        confirmed.pk: ("lapsed", rules.NOT_BROUGHT),
        packed.pk: ("lapsed", rules.NOT_BROUGHT),
    }
    assert (booked(placed.window), *map(stock_of, (placed, confirmed, packed))) == (0, [50], [50], [50])


@pytest.mark.parametrize(("change", "status"), [("cancel", "cancelled"), ("move", "placed")])
def test_lapse_orders_leaves_an_order_that_was_cancelled_or_moved_meanwhile(change, status):
    order = factories.order()
    stale = Order.objects.select_related("window").get(pk=order.pk)
    if change == "cancel":
        actions.cancel_order(order=order, by=order.placed_by)
    else:
        later = factories.window(factories.next_wednesday(weeks=1))
        actions.move_order(order=order, window=later, by=order.placed_by)
    assert undoing._lapse(stale, now=stale.window.ends_at, by=None) is False
    assert Order.objects.get().status == status


# --- Stock, terms, windows ------------------------------------------------------------------------------------------


def test_save_product_counts_by_the_formula_until_it_has_a_weight_of_its_own():
    product = factories.product(thc_mg=100, cbd_mg=50)
    assert product.amount_mg == 500
    assert actions.save_product(sku=product.sku, weight_mg=3_500, by=None).amount_mg == 3_500
    assert actions.save_product(sku=product.sku, thc_mg=700, by=None).amount_mg == 3_500
    assert actions.save_product(sku=product.sku, weight_mg=None, by=None).amount_mg == 2_900


def test_save_product_refuses_a_product_that_counts_for_nothing():
    with pytest.raises(rules.ProductError):
        factories.product(sku="NONE", thc_mg=0, cbd_mg=0)
    assert not Product.objects.filter(sku="NONE").exists()


def test_save_product_changes_a_row_and_never_its_stock():
    product = factories.product(stock=4)
    actions.save_product(sku=product.sku, name="Balm", by=None)
    product.refresh_from_db()
    assert (product.name, product.stock, Product.objects.count()) == ("Balm", 4, 1)


def test_receive_stock_adds_and_keeps_the_lot():
    product, manager = factories.product(stock=4), factories.staff("Manager")
    actions.receive_stock(product=product, quantity=6, lot="LOT-7", details=factories.lot_details(), by=manager)
    product.refresh_from_db()
    assert product.stock == 10
    assert product.movements.filter(kind="received", quantity=6, lot="LOT-7", by=manager).count() == 1


@pytest.mark.parametrize("quantity", [0, -3, 10_001])
def test_receive_stock_refuses_a_quantity_that_cannot_be(quantity):
    product = factories.product(stock=4)
    with pytest.raises(rules.QuantityError):
        actions.receive_stock(product=product, quantity=quantity, lot="LOT-7", details=factories.lot_details(), by=None)
    product.refresh_from_db()
    assert product.stock == 4


def test_sync_policies_makes_the_first_terms_only():
    before = list(DeliveryPolicy.objects.values())
    actions.sync_policies(policies=[{"effective_date": date(2030, 1, 1)}], by=None)
    assert list(DeliveryPolicy.objects.values()) == before
    assert len(before) == 1


def test_make_windows_for_the_next_eight_wednesdays_and_again():
    assert actions.make_windows(today=date(2026, 11, 23), by=None) == 16
    first = DeliveryWindow.objects.first()
    factories.order(into=first)
    assert actions.make_windows(today=date(2026, 11, 23), by=None) == 16
    assert DeliveryWindow.objects.count() == 16
    assert booked(first) == 1
    assert {window.date.weekday() for window in DeliveryWindow.objects.all()} == {2}
    assert str(first) == "2026-11-25-0930"


def test_make_windows_by_the_terms_of_each_day():
    people.policy(date(2026, 12, 1), weekdays=1 << FRIDAY, windows=[["10:00", "12:00"]], capacity=3)
    actions.make_windows(today=date(2026, 11, 23), by=None)
    assert list(DeliveryWindow.objects.values_list("date", "capacity"))[:3] == [
        (date(2026, 11, 25), 20),
        (date(2026, 11, 25), 20),
        (date(2026, 12, 4), 3),
    ]
