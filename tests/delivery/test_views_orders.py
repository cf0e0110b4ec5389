import re
from datetime import date, timedelta

import pytest

from audit.models import Event
from certification.actions import revoke_certification
from delivery import actions
from delivery.models import DeliveryWindow, Order
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def order():
    return factories.order()


@shared
def client(order):
    return factories.client_for(order.placed_by)


def detail(client, order):
    return words_of(client.get(url("order-detail", order.number)))


# --- One order ------------------------------------------------------------------------------------------------------


def test_the_confirmation_says_all_that_matters(client, order):
    words = detail(client, order)
    for said in (
        f"Order {order.number} Placed Your order is placed",
        "Wednesday, November 25, 2026, 9:30 a.m. to 1:30 p.m. Eastern",
        "40 Orange Street New Haven, CT 06510",
        "(203) 555-0142",
        "Cash, the exact amount: $80.00",
        "A valid medical marijuana card A photo ID Exact cash $80.00",
        "You can cancel until Tuesday, November 24, 2026, 9:30 a.m. Eastern.",
        "Counts as 2 g (0.08 oz) of the monthly allotment.",
    ):
        assert said in words
    assert Event.objects.filter(action="order.view", subject_id=order.pk).count() == 1


def test_a_confirmed_order_says_when_we_come(client, order):
    factories.confirm(order, by=factories.staff("Pharmacist"))
    assert (
        "Confirmed Your order is confirmed We come on Wednesday, November 25, 2026, between 9:30 a.m. and 1:30 p.m."
        in detail(client, order)
    )


def test_an_order_that_ended_asks_for_no_money_and_counts_nothing(client, order):
    actions.cancel_order(order=order, by=order.placed_by)
    words = detail(client, order)
    assert "Nothing is charged, and it no longer counts toward the monthly allotment." in words
    assert "Payment Nothing to pay" in words and "The total was $80.00." in words
    assert "Counts as" not in words and "Cash" not in words and "amount is back" not in words


def test_the_same_is_not_offered_again_without_a_certification(client, order):
    assert "Order the same again" in detail(client, order)
    certification = order.patient.certifications.get()
    revoke_certification(certification=certification, reason="Forged.", by=factories.staff("Registrar"))
    assert "Order the same again" not in detail(client, order)
    response = client.post(url("order-again", order.number), follow=True)
    assert "No certification is valid" in words_of(response)
    assert not Order.objects.carts().filter(lines__isnull=False).exists()


def test_a_refused_order_says_why(client, order):
    actions.refuse_order(order=order, reason="That address is a shop.", by=factories.staff("Pharmacist"))
    words = detail(client, order)
    assert "We cannot deliver this order That address is a shop." in words
    assert "Have ready at the door" not in words
    assert "Cancel this order" not in words


def test_an_order_is_found_in_small_letters_too(client, order):
    assert client.get(url("order-detail", order.number.lower())).status_code == 200


@pytest.mark.parametrize("name", ["order-detail", "order-cancel"])
def test_an_order_of_another_patient_gets_404(name):
    stranger = factories.client_for(factories.patient().user)
    address = url(name, factories.order().number)
    assert [stranger.get(address).status_code, stranger.post(address).status_code] == [404, 404]
    assert Order.objects.get().status == "placed"


@pytest.mark.parametrize("number", ["D-0000-0000", "nope", "x" * 300])
def test_an_unknown_order_gets_404(client, number):
    assert client.get(url("order-detail", number)).status_code == 404


def test_a_cart_is_no_order(order):
    factories.cart(order.patient, by=order.placed_by)
    response = factories.client_for(order.placed_by).get(url("order-list"))
    numbers = re.findall(r"\bD-\w{4}-\w{4}\b", words_of(response))
    assert set(numbers) == {order.number}  # beside its button, too


def test_a_url_with_a_nul_gets_404(client):
    assert client.get("/delivery/orders/%00/").status_code == 404


def test_a_caregiver_sees_the_patients_orders_until_the_assignment_ends():
    patient, caregiver = people.patient_with_caregiver()
    order = factories.order(patient)
    client = factories.client_for(caregiver.user)
    assert f"You are ordering for {patient.name}" in detail(client, order)
    assert f"For {patient.name}" in detail(client, order)
    people.end(patient.current_assignment)
    assert client.get(url("order-detail", order.number)).status_code == 404


# --- Cancelling -----------------------------------------------------------------------------------------------------


def test_cancelling_asks_on_a_page_of_its_own_and_releases_the_hold(client, order):
    assert "Cancel order" in words_of(client.get(url("order-cancel", order.number)))
    assert Order.objects.get().status == "placed"
    response = client.post(url("order-cancel", order.number), follow=True)
    assert response.redirect_chain == [(url("order-detail", order.number), 302)]
    assert "This order is cancelled" in words_of(response)
    assert DeliveryWindow.objects.get(pk=order.window_id).booked == 0


def test_cancelling_twice_changes_nothing_more(client, order):
    for _time in range(2):
        assert client.post(url("order-cancel", order.number)).status_code == 302
    assert Order.objects.get().movements.count() == 2


def test_cancelling_after_the_cut_off_gives_the_phone_number(order, monday):
    monday.move_to(order.window.starts_at - timedelta(hours=24) + timedelta(seconds=1))
    client = factories.client_for(order.placed_by)
    words = detail(client, order)
    assert "It is too late to cancel here. Please call us." in words
    assert "Cancel this order" not in words
    for method in (client.get, client.post):
        response = method(url("order-cancel", order.number), follow=True)
        assert "It is too late to cancel here." in words_of(response)
    assert Order.objects.get().status == "placed"


def test_a_child_cannot_cancel_what_the_guardian_ordered():
    child = factories.certification(
        profile=factories.profile(birth_date=date(2012, 1, 1)),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
    ).patient
    guardian = factories.join(child.current_assignment.caregiver)
    order = factories.order(child, by=guardian.user)
    client = factories.client_for(factories.join_as_a_child(child).user)
    assert "the caregiver orders and receives" in detail(client, order)
    client.post(url("order-cancel", order.number))
    assert Order.objects.get().status == "placed"


# --- Again ----------------------------------------------------------------------------------------------------------


def again(client, order):
    return client.post(url("order-again", order.number), follow=True)


def test_ordering_again_fills_the_cart_and_names_what_is_missing():
    possible, few, gone = (
        factories.product(sku="KEPT"),
        factories.product(sku="FEW", stock=3),
        factories.product(sku="GONE"),
    )
    order = factories.order(lines=[(possible, 2), (few, 2), (gone, 1)])
    actions.save_product(sku="GONE", name="Old drops", is_active=False, by=None)
    response = again(factories.client_for(order.placed_by), order)
    assert response.redirect_chain == [(f"{url('checkout')}?again={order.number}", 302)]
    words = words_of(response)
    assert f"Filled in from order {order.number}." in words
    assert "Not as it was Only 1 of Harbor Mist Tincture left. Old drops is no longer on the menu." in words
    assert "Place the order, $120.00" in words
    cart = Order.objects.carts().get()
    assert list(cart.lines.values_list("product__sku", "quantity")) == [("KEPT", 2), ("FEW", 1)]


def test_ordering_again_fills_in_window_address_and_payment(client, order):
    content = again(client, order).content.decode()
    code = order.window.code
    assert re.search(rf'value="{code}"[^>]* checked', content)
    assert re.search(r'value="cash"[^>]* checked', content)
    assert "40 Orange Street New Haven, CT 06510 You said this is a home" in words_of(again(client, order))


def test_ordering_again_names_a_changed_price(client, order):
    actions.save_product(sku=order.lines.get().product.sku, price_cents=4100, by=None)
    words = words_of(again(client, order))
    assert "Not as it was Harbor Mist Tincture now costs $41.00, not $40.00." in words
    assert "Place the order, $82.00" in words


def test_ordering_again_keeps_what_was_in_the_cart_and_names_it(client, order):
    other = factories.product(sku="OTHER", name="Mint drops")
    factories.cart(order.patient, (other, 1), (order.lines.get().product, 5))
    words = words_of(again(client, order))
    assert "Also in your cart 1 × Mint drops was in your cart before, and stays in it." in words
    cart = Order.objects.carts().get()
    assert set(cart.lines.values_list("product__sku", "quantity")) == {
        ("OTHER", 1),
        (order.lines.get().product.sku, 2),
    }


def test_ordering_again_over_the_allotment_takes_the_first_day_with_room():
    order = factories.order(lines=[(factories.product(amount_mg=60_000), 1), (factories.product(), 1)])
    response = again(factories.client_for(order.placed_by), order)
    assert "With this cart, earlier days at this time are over the monthly allotment." in words_of(response)
    assert re.search(r'value="2026-12-30-0930"[^>]* checked', response.content.decode())
    assert b'<details class="windows__later" open>' in response.content


def test_ordering_again_below_the_minimum_leads_to_the_cart_and_names_both():
    few, kept = factories.product(sku="FEW", stock=1), factories.product(sku="KEPT")
    order = factories.order(lines=[(few, 1), (kept, 1)])
    response = again(factories.client_for(order.placed_by), order)
    assert response.redirect_chain[-1] == (f"{url('cart')}?again={order.number}", 302)
    words = words_of(response)
    assert "You are $35.00 short of the $75.00 minimum" in words
    assert "Not as it was Harbor Mist Tincture is sold out." in words


def test_ordering_again_when_nothing_is_left_promises_nothing():
    order = factories.order(lines=[(factories.product(stock=2), 2)])
    words = words_of(again(factories.client_for(order.placed_by), order))
    assert "Harbor Mist Tincture is sold out." in words
    assert "Your cart is empty" in words


@pytest.mark.parametrize("number", ["D-0000-0000", "x" * 3000, "🌿"])
def test_the_checkout_knows_no_order_of_a_stranger_or_of_nobody(client, order, number):
    factories.cart(order.patient)
    for asked in (number, factories.order().number):
        response = client.get(url("checkout"), {"again": asked})
        assert response.status_code == 200
        assert "Filled in from your last order." in words_of(response)


def test_ordering_again_is_for_the_patient_of_the_order():
    caregiver, child, sibling = people.guardian_of_two()
    order = factories.order(sibling, by=caregiver.user)
    client = factories.client_for(caregiver.user)
    client.post(url("patient-choose"), {"patient": child.number})
    assert f"You are ordering for {sibling.name}" in words_of(
        client.post(url("order-again", order.number), follow=True)
    )
    assert Order.objects.carts().get().patient == sibling


def test_a_child_cannot_order_again():
    child = factories.certification(
        profile=factories.profile(birth_date=date(2012, 1, 1)),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
    ).patient
    order = factories.order(child, by=factories.join(child.current_assignment.caregiver).user)
    client = factories.client_for(factories.join_as_a_child(child).user)
    assert "Order again" not in detail(client, order)
    client.post(url("order-again", order.number))
    assert not Order.objects.carts().exists()


# --- All orders -----------------------------------------------------------------------------------------------------


def test_the_list_shows_the_latest_first(client, order, monday):
    monday.shift(60)
    second = factories.order(order.patient)
    words = words_of(client.get(url("order-list")))
    assert words.index(second.number) < words.index(order.number)
    assert "$80.00 Placed" in words


def test_an_empty_list_says_what_will_be_there():
    client = factories.client_for(factories.patient().user)
    assert "No orders yet" in words_of(client.get(url("order-list")))


@pytest.mark.parametrize("typed", ["0", "-1", "abc", "999"])
def test_any_page_of_the_list_opens(client, typed):
    assert client.get(url("order-list"), {"page": typed}).status_code == 200


def test_the_list_has_20_a_page_and_no_more_than_12_queries(client, order, django_assert_max_num_queries):
    for _row in range(2):
        factories.order(order.patient)
    client.get(url("order-list"))
    with django_assert_max_num_queries(12) as few:
        client.get(url("order-list"))
    people.copy(order, times=297)
    with django_assert_max_num_queries(12) as many:
        words = words_of(client.get(url("order-list")))
    assert (len(many), words.count("$80.00"), "Older orders" in words) == (len(few), 20, True)
    assert "Newer orders" in words_of(client.get(url("order-list"), {"page": 2}))


@pytest.mark.parametrize("name", ["order-detail", "order-cancel"])
def test_no_more_than_12_queries_for_an_order(client, order, name, django_assert_max_num_queries):
    client.get(url(name, order.number))
    with django_assert_max_num_queries(12):
        client.get(url(name, order.number))
