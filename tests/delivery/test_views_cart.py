import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delivery import actions, rules
from delivery.models import Order, OrderLine, Product
from tests import factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def patient():
    return factories.patient()


@shared
def client(patient):
    return factories.client_for(patient.user)


def put(client, product, quantity, **over):
    sku = getattr(product, "sku", product)
    return client.post(url("cart-line"), {"product": sku, "quantity": quantity}, **over)


def lines():
    return list(OrderLine.objects.values_list("product__sku", "quantity"))


# --- Products -------------------------------------------------------------------------------------------------------


def test_products_are_listed_by_form_with_price_stock_and_equivalent(client):
    factories.window()
    factories.product(sku="A", name="Harbor drops", stock=3, amount_mg=3500)
    factories.product(sku="B", name="Berry chews", form="edible", stock=50, price_cents=2400)
    words = words_of(client.get(url("product-list")))
    assert "Edible Berry chews $24.00 Counts 0.04 oz THC 250 mg CBD 0 mg" in words
    assert "Tincture 3 left Harbor drops $40.00 Counts 0.13 oz" in words
    assert words.index("Berry chews") < words.index("Harbor drops")


def test_a_sold_out_product_is_listed_last_without_a_button(client):
    factories.window()
    factories.product(sku="GONE", name="Autumn drops", stock=0)
    factories.product(sku="HERE", name="Winter drops")
    response = client.get(url("product-list"))
    assert words_of(response).index("Winter drops") < words_of(response).index("Autumn drops")
    assert "Sold out" in words_of(response)
    assert b'id="more-HERE"' in response.content
    assert b'id="more-GONE"' not in response.content


def test_a_product_off_the_menu_is_not_shown(client):
    factories.product(name="Old drops", is_active=False)
    assert "Old drops" not in words_of(client.get(url("product-list")))


def test_no_inhaled_form_is_shown_for_a_child():
    factories.window()
    caregiver, _child = people.guardian_of_a_child()
    factories.product(name="Night pen", form="vape", is_inhaled=True)
    factories.product(name="Day drops")
    words = words_of(factories.client_for(caregiver.user).get(url("product-list")))
    assert "Day drops" in words
    assert "Night pen" not in words


def test_the_bar_says_when_the_cart_is_more_than_the_allotment(client):
    factories.window()
    product = factories.product(sku="A", amount_mg=20_000, stock=9)  # 0.706 oz each
    put(client, product, 2)
    assert "$80.00 Ready to check out Cart (2)" in words_of(client.get(url("product-list")))
    put(client, product, 9)
    assert "$360.00 More than your allotment Cart (9)" in words_of(client.get(url("product-list")))


def test_an_ended_certification_is_named_instead(monday):
    factories.window()
    patient = factories.certification(on=people.date(2025, 11, 1)).patient
    response = factories.client_for(patient.user).get(url("product-list"))
    assert "No certification is valid" in words_of(response)


def ended():
    """Return a patient whose certification ends before the next delivery day."""
    return factories.certification(on=people.date(2025, 11, 24)).patient


def test_check_can_be_ordered_for_keeps_the_cart_of_an_ended_patient_empty(monday):
    factories.window()
    patient, product = ended(), factories.product(sku="A")
    client = factories.client_for(patient.user)
    words = words_of(client.get(url("product-list")))
    assert words.count("No certification is valid, so nothing can be delivered.") == 1 and " Add " not in words
    assert "$0.00 Nothing can be ordered now" in words
    response = put(client, product, 1)
    assert "No certification is valid, so nothing can be delivered. Ask the physician" in words_of(response)
    assert not OrderLine.objects.exists()
    with pytest.raises(rules.CertificationNotValid):
        actions.set_line(patient=patient, product=product, quantity=1, by=patient.user)


def test_a_cart_that_was_filled_before_the_end_can_be_emptied(monday):
    patient, product = ended(), factories.product(sku="A")
    factories.cart(patient, (product, 1))  # no window is known yet
    factories.window()
    client = factories.client_for(patient.user)
    assert "No certification is valid" in words_of(client.get(url("checkout"), follow=True))
    put(client, product, 0)
    assert not OrderLine.objects.exists()


def test_the_last_covered_day_can_be_ordered_for(monday):
    factories.window()
    patient = factories.certification(on=people.date(2025, 11, 25)).patient
    with pytest.raises(rules.CertificationNotValid):
        actions.set_line(patient=patient, product=factories.product(), quantity=1, by=patient.user)
    covered = factories.certification(on=people.date(2025, 11, 26)).patient
    assert actions.set_line(patient=covered, product=factories.product(), quantity=1, by=covered.user).pk


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("06510", "Yes, we deliver to homes in ZIP code 06510."),
        ("06510-1234", "Yes, we deliver to homes in ZIP code 06510."),
        ("06390", "No, we cannot deliver to ZIP code 06390."),
        ("06504", "No, we cannot deliver to ZIP code 06504."),
        ("0651", "Enter a 5-digit ZIP code, like 06510"),
        ("", "Enter ZIP code"),
        ("🏠", "Enter a 5-digit ZIP code, like 06510"),
        ("٠٦٥١٠", "Enter a 5-digit ZIP code, like 06510"),
    ],
)
def test_the_zip_box_answers_in_words(client, typed, answer):
    response = client.get(url("product-list"), {"zip": typed})
    assert response.status_code == 200
    assert answer in words_of(response)


def test_the_zip_box_names_the_radius_where_one_is_set(client):
    people.policy(people.date(2026, 11, 1), radius_miles=10, origin_zip="06510")
    words = words_of(client.get(url("product-list"), {"zip": "06103"}))
    assert (
        "No, we cannot deliver to ZIP code 06103. We deliver to street addresses in Connecticut, within 10 miles"
        in words
    )


# --- Cart -----------------------------------------------------------------------------------------------------------


def test_a_line_is_put_in_and_the_shortfall_is_shown(client):
    product = factories.product(sku="A", name="Harbor drops")
    response = put(client, product, 1)
    assert (response.status_code, response.url) == (302, f"{url('product-list')}#product-A")
    words = words_of(client.get(response.url))
    assert "In your cart: 1 One more of Harbor drops" in words
    assert "$40.00 $35.00 short of the minimum Cart (1)" in words
    assert lines() == [("A", 1)]


def test_a_line_is_set_to_a_quantity_and_sent_twice_stays(client):
    product = factories.product(sku="A")
    for _time in range(2):
        put(client, product, 2)
    assert lines() == [("A", 2)]
    put(client, product, "0")
    assert lines() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("-1", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("−1", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("1000000", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("9" * 5000, "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("abc", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("1.5", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("", "Enter quantity"),
        ("\0", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("🌿", "Enter a quantity from 1 to 99, or 0 to remove it."),
        ("0", "It is not in your cart. Enter a quantity from 1 to 99 to add it."),
        ("51", "Only 50 of Harbor Mist Tincture left."),
    ],
)
def test_an_impossible_quantity_gets_a_sentence_in_the_row(client, typed, sentence):
    product = factories.product(sku="A")
    response = put(client, product, typed)
    assert response.status_code == 200
    assert words_of(response).count(sentence) == 2  # in the summary, and in the row
    assert b"<title>Error: Order for delivery" in response.content
    assert b'href="#line-A-quantity"' in response.content
    assert lines() == []


def test_a_wrong_quantity_of_a_line_keeps_the_cart(client, patient):
    product = factories.product(sku="A")
    factories.cart(patient, (product, 2))
    assert "In your cart: 2" in words_of(put(client, product, "2x"))
    assert lines() == [("A", 2)]


@pytest.mark.parametrize("sku", ["NOPE", "", "\0", "x" * 400, "🌿"])
def test_an_unknown_product_gets_a_sentence(client, sku):
    response = client.post(url("cart-line"), {"product": sku, "quantity": "1"})
    assert response.status_code == 200
    assert "Check what you entered" in words_of(response)
    assert not Order.objects.exists()


def test_a_product_off_the_menu_or_sold_out_gets_a_sentence(client):
    response = put(client, factories.product(is_active=False), 1)
    assert "is no longer on the menu" in words_of(response)
    response = put(client, factories.product(stock=0), 1)
    assert "is sold out" in words_of(response)


def test_a_megabyte_gets_its_sentence(client):
    response = put(client, factories.product(), "1" * 1_100_000)
    assert "Enter a quantity from 1 to 99, or 0 to remove it." in words_of(response)
    assert lines() == []


def test_a_changed_price_and_a_lower_stock_are_named_in_the_cart(client, patient):
    factories.window()
    product = factories.product(stock=3)
    factories.cart(patient, (product, 3))
    actions.save_product(sku=product.sku, price_cents=4100, by=None)
    factories.order(lines=[(product, 2)], seen_cents=8200)
    words = words_of(client.get(url("cart")))
    assert "The price changed from $40.00 to $41.00." in words
    assert "Only 1 of Harbor Mist Tincture left." in words


def test_a_cart_over_the_allotment_says_by_how_much(client, patient):
    factories.window()
    factories.cart(patient, (factories.product(amount_mg=60_000), 2))
    assert "This is 20.777 g more than what is left" in words_of(client.get(url("cart")))


def test_a_cart_over_the_allotment_offers_the_most_that_fits_in_one_click(client, patient):
    factories.window()
    factories.cart(patient, (factories.product(sku="BIG", amount_mg=30_000), 5), (factories.product(sku="A"), 1))
    response = client.get(url("cart"))
    assert "Take 3, the most that fits" in words_of(response)
    assert response.content.count(b"the most that fits") == 1
    client.post(url("cart-line"), {"product": "BIG", "quantity": 3, "next": "cart"})
    words = words_of(client.get(url("cart")))
    assert "more than what is left" not in words
    assert "the most that fits" not in words
    assert lines() == [("BIG", 3), ("A", 1)]


def test_a_cart_over_the_stock_offers_what_is_there(client, patient):
    factories.window()
    product = factories.product(sku="A", stock=3)
    factories.cart(patient, (product, 3))
    factories.order(lines=[(product, 2)])
    assert "Take 1, the most that fits" in words_of(client.get(url("cart")))


def test_a_changed_amount_and_a_withdrawn_product_are_named_in_the_cart(client, patient):
    factories.window()
    factories.cart(patient, (factories.product(sku="A"), 1), (factories.product(sku="B", name="Old drops"), 1))
    actions.save_product(sku="A", weight_mg=2_500, by=None)
    actions.save_product(sku="B", is_active=False, by=None)
    words = words_of(client.get(url("cart")))
    assert "It counted as 1 g of flower and now counts as 2.5 g." in words
    assert "Old drops is no longer on the menu." in words


def test_the_cart_survives_signing_out(client, patient):
    factories.cart(patient, (factories.product(name="Harbor drops"), 2))
    client.logout()
    words = words_of(factories.client_for(patient.user).get(url("product-list")))
    assert "In your cart: 2" in words and "Cart (2)" in words


def test_htmx_gets_the_row_alone_and_the_same_words(client):
    product = factories.product(sku="A", name="Harbor drops")
    response = put(client, product, 2, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert response.content.strip().startswith(b'<li class="product" id="product-A"')
    assert "In your cart: 2 × Harbor drops." in words_of(response)
    assert lines() == [("A", 2)]
    assert "from 1 to 99" in words_of(put(client, product, "abc", headers={"HX-Request": "true"}))


def test_the_cart_is_changed_by_post_only(client):
    factories.product(sku="A")
    response = client.get(url("cart-line"), {"product": "A", "quantity": 1})
    assert (response.status_code, response.url) == (302, url("product-list"))
    assert lines() == []
    assert client.get(url("patient-choose")).status_code == 405


# --- For whom -------------------------------------------------------------------------------------------------------


def test_a_caregiver_sees_for_whom_the_order_is_and_may_switch():
    caregiver, child, sibling = people.guardian_of_two()
    client, product = factories.client_for(caregiver.user), factories.product()
    assert f"You are ordering for {child.name}" in words_of(client.get(url("product-list")))
    client.post(url("patient-choose"), {"patient": sibling.number})
    put(client, product, 1)
    assert Order.objects.get().patient == sibling


def test_a_form_keeps_its_patient_when_another_tab_switched():
    caregiver, child, sibling = people.guardian_of_two()
    client, product = factories.client_for(caregiver.user), factories.product()
    client.post(url("patient-choose"), {"patient": sibling.number})
    client.post(url("cart-line"), {"product": product.sku, "quantity": 1, "patient": child.number})
    assert Order.objects.get().patient == child


def test_nobody_can_choose_a_stranger(client):
    other = factories.patient()
    for data in ({"patient": other.number}, {"patient": "\0"}, {}):
        assert client.post(url("patient-choose"), data).status_code == 404
    data = {"product": factories.product().sku, "quantity": 1, "patient": other.number}
    assert client.post(url("cart-line"), data).status_code == 404
    assert not Order.objects.exists()


def test_a_caregiver_whose_assignment_ended_orders_for_nobody():
    caregiver, child = people.guardian_of_a_child()
    people.end(child.current_assignment)
    response = factories.client_for(caregiver.user).get(url("product-list"))
    assert (response.status_code, response.url) == (302, url("home"))


def test_a_child_with_an_account_reads_who_orders():
    child = factories.certification(
        profile=factories.profile(birth_date=people.date(2012, 1, 1)),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
    ).patient
    factories.product()
    client = factories.client_for(factories.join_as_a_child(child).user)
    response = client.get(url("product-list"))
    assert "For this patient, the caregiver orders and receives." in words_of(response)
    assert b'name="quantity"' not in response.content
    assert client.get(url("checkout")).status_code == 302


def test_no_more_than_10_queries_however_many_products(client, patient, django_assert_max_num_queries):
    factories.window()
    factories.cart(patient)
    for _row in range(3):
        factories.product()
    client.get(url("product-list"))
    with django_assert_max_num_queries(10) as few:
        client.get(url("product-list"))
    with unguarded():
        copies = Product.objects.all()
        Product.objects.bulk_create(
            Product(**{**row, "id": None, "sku": f"{row['sku']}-{n}"}) for row in copies.values() for n in range(60)
        )
    with django_assert_max_num_queries(10) as many:
        client.get(url("product-list"))
    assert len(many) == len(few)


def test_no_more_than_10_queries_for_a_caregiver_of_two(django_assert_max_num_queries):
    factories.window()
    caregiver, child, _sibling = people.guardian_of_two()
    factories.cart(child, by=caregiver.user)
    client = factories.client_for(caregiver.user)
    client.get(url("product-list"))
    with django_assert_max_num_queries(10):
        client.get(url("product-list"))


def test_a_whole_order_in_4_requests_and_50_statements(client):
    """Count the requests and statements from the empty cart to the confirmation with htmx, without savepoints."""
    htmx = {"HX-Request": "true"}
    window, product = factories.window(), factories.product(sku="A")
    client.get(url("product-list"))
    spent, response = [], None
    for ask in (
        lambda: client.get(url("product-list")),
        lambda: put(client, product, 2, headers=htmx),
        lambda: client.get(url("checkout")),
        lambda: client.post(url("checkout"), checkout_post(window), headers=htmx),
    ):
        with CaptureQueriesContext(connection) as queries:
            response = ask()
        spent.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert Order.objects.placed().count() == 1
    assert "Your order is placed" in words_of(response)
    menu, line, checkout, booking = spent
    assert (menu <= 10, line <= 13, checkout <= 8, booking <= 20) == (True,) * 4, spent
