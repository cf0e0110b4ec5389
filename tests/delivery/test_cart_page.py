"""The page of the cart."""

import pytest

from delivery import actions
from delivery.models import OrderLine
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def patient():
    factories.window()
    return factories.patient()


@shared
def client(patient):
    return factories.client_for(patient.user)


def page(client):
    return words_of(client.get(url("cart")))


def put(client, sku, quantity, **over):
    return client.post(url("cart-line"), {"product": sku, "quantity": quantity, "next": "cart"}, **over)


def test_an_empty_cart_says_what_will_be_here_and_leads_to_the_menu(client):
    response = client.get(url("cart"))
    assert "Your cart is empty What you add stays here, even after you sign out. Look at the menu" in words_of(response)
    assert b'class="cart-foot"' not in response.content


def test_a_line_shows_its_cost_what_it_counts_and_both_steps(client, patient):
    factories.cart(patient, (factories.product(sku="A", name="Harbor drops", amount_mg=3500), 2))
    response = client.get(url("cart"))
    assert "Harbor drops $80.00 counts 0.25 oz, $40.00 each" in words_of(response)
    assert b'id="less-A" name="quantity" value="1"' in response.content
    assert b'id="more-A" name="quantity" value="3"' in response.content
    assert b'id="remove-A" name="quantity" value="0"' in response.content


def test_a_step_and_its_repetition_set_the_quantity_and_come_back_to_the_cart(client, patient):
    factories.cart(patient, (factories.product(sku="A"), 2))
    for _time in range(2):
        response = put(client, "A", 3)
        assert (response.status_code, response.url) == (302, url("cart"))
    assert OrderLine.objects.get().quantity == 3


def test_a_removed_line_is_named(client, patient):
    factories.cart(patient, (factories.product(sku="A", name="Harbor drops"), 2))
    response = client.post(url("cart-line"), {"product": "A", "quantity": 0, "next": "cart"}, follow=True)
    assert "Harbor drops was taken out of your cart." in words_of(response)
    assert "Your cart is empty" in words_of(response)


@pytest.mark.parametrize(
    ("sku", "quantity", "sentence"),
    [
        ("A", 51, "Only 50 of Harbor Mist Tincture left."),
        ("A", 100, "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("A", "\0", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("NOPE", 1, "This product is no longer on the menu."),
    ],
)
def test_a_refused_step_says_why_on_the_cart(client, patient, sku, quantity, sentence):
    factories.cart(patient, (factories.product(sku="A"), 2))
    response = client.post(url("cart-line"), {"product": sku, "quantity": quantity, "next": "cart"}, follow=True)
    assert sentence in words_of(response)
    assert OrderLine.objects.get().quantity == 2


def test_a_small_cart_names_what_reaches_the_minimum_and_fits(client, patient):
    factories.cart(patient, (factories.product(sku="A", price_cents=6200), 1))
    factories.product(sku="LOW", name="Mint drops", price_cents=1200)
    factories.product(sku="FITS", name="Peppermint lozenges", price_cents=1800, stock=3)
    factories.product(sku="BIG", name="Too much", price_cents=1400, amount_mg=99_000)
    factories.product(sku="GONE", name="Sold out", price_cents=1400, stock=0)
    response = client.get(url("cart"))
    assert "$13.00 short of the $75.00 minimum" in words_of(response)
    assert "This reaches it and fits your allotment: Peppermint lozenges $18.00, 3 left Add" not in words_of(response)
    assert "Any one of these reaches it and fits your allotment: Peppermint lozenges $18.00, 3 left" in words_of(
        response
    )
    assert "2 × Mint drops $24.00" in words_of(response)
    assert b'id="add-BIG"' not in response.content and b'id="add-GONE"' not in response.content
    assert b'id="add-FITS" name="quantity" value="1"' in response.content


def test_what_reaches_the_minimum_begins_with_what_the_patient_had_before(client, patient):
    had = factories.product(sku="HAD", name="Had before", price_cents=8000)
    factories.order(patient, lines=[(had, 1)])
    factories.product(sku="NEW", name="Cheaper", price_cents=7000)
    factories.cart(patient, (factories.product(sku="A", price_cents=1000), 1))
    words = page(client)
    assert words.index("Had before $80.00") < words.index("Cheaper $70.00")


def test_a_child_is_offered_nothing_inhaled():
    factories.window()
    caregiver, child = people.guardian_of_a_child()
    factories.cart(child, (factories.product(sku="A", price_cents=6200), 1), by=caregiver.user)
    factories.product(name="Night pen", form="vape", is_inhaled=True, price_cents=2000)
    words = page(factories.client_for(caregiver.user))
    assert "No single product reaches it and fits your allotment." in words and "Night pen" not in words


def test_the_allotment_has_three_parts_in_grams_that_add_up(client, patient):
    factories.order(patient, lines=[(factories.product(amount_mg=10_500), 2)])
    factories.cart(patient, (factories.product(amount_mg=3_580), 1))
    words = page(client)
    assert "2.63 of 3.50 oz left for Wednesday, November 25, after this cart." in words
    assert "Had before 21 g This cart 3.58 g Left 74.643 g" in words
    assert "0.86 oz more from Wednesday, December 30. What you buy elsewhere counts too, and we cannot see it." in words


def test_a_cart_over_the_allotment_says_by_how_much_and_takes_the_most_that_fits(client, patient):
    factories.cart(patient, (factories.product(sku="BIG", amount_mg=30_000), 5))
    response = client.get(url("cart"))
    assert "This is 50.777 g more than what is left" in words_of(response)
    assert b'id="fits-BIG" name="quantity" value="3"' in response.content
    assert "Left 0 g" in words_of(response)
    put(client, "BIG", 3)
    assert "the most that fits" not in page(client)


def test_a_changed_price_and_a_withdrawn_product_are_named(client, patient):
    factories.cart(patient, (factories.product(sku="A"), 1), (factories.product(sku="B", name="Old drops"), 1))
    actions.save_product(sku="A", price_cents=4100, by=None)
    actions.save_product(sku="B", is_active=False, by=None)
    words = page(client)
    assert "The price changed from $40.00 to $41.00." in words
    assert "Old drops is no longer on the menu." in words


def test_check_out_is_there_while_the_cart_is_short_and_says_what_is_missing(client, patient):
    factories.cart(patient, (factories.product(), 1))
    assert b'<a class="usa-button usa-button--outline" href="/delivery/checkout/">' in client.get(url("cart")).content
    response = client.get(url("checkout"), follow=True)
    assert response.redirect_chain == [(url("cart"), 302)]
    assert "You are $35.00 short of the $75.00 minimum" in words_of(response)


def test_check_out_is_filled_once_the_minimum_is_reached(client, patient):
    factories.cart(patient)
    response = client.get(url("cart"))
    assert b'<a class="usa-button" href="/delivery/checkout/">' in response.content
    assert "$80.00 2 items" in words_of(response) and "short" not in words_of(response)


def test_htmx_gets_the_refusal_inside_of_the_part_that_it_changes(client, patient):
    factories.cart(patient, (factories.product(sku="A"), 2))
    response = put(client, "A", 51, headers={"HX-Request": "true"}, follow=True)
    changed = response.content.split(b'id="cart-page"')[1]
    assert b"Only 50 of Harbor Mist Tincture left." in changed


def test_an_ended_certification_is_named_instead_of_the_shortfall(monday):
    factories.window()
    patient = factories.certification(on=people.date(2025, 11, 24)).patient
    words = page(factories.client_for(patient.user))
    assert "No certification is valid, so nothing can be delivered." in words
    assert "short of" not in words


def test_no_more_than_9_queries_however_many_products(client, patient, django_assert_max_num_queries):
    factories.cart(patient, (factories.product(), 1))
    for _row in range(5):
        factories.product()
    client.get(url("cart"))
    with django_assert_max_num_queries(9):
        client.get(url("cart"))
