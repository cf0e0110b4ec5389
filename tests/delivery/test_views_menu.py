import re

import pytest

from delivery import actions
from delivery.demo_products import PRODUCTS
from delivery.models import Product
from delivery.presenters import menu
from delivery.presenters.menu import PRODUCTS_A_PAGE
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def client():
    factories.window()
    factories.product(sku="PEN", name="Night pen", form="vape", thc_mg=700, cbd_mg=0, price_cents=8000, is_inhaled=True)
    factories.product(sku="CHEWS", name="Café chews", form="edible", thc_mg=100, cbd_mg=100, price_cents=3000)
    factories.product(sku="CALM", name="Calm drops", thc_mg=30, cbd_mg=600, price_cents=2999)
    return factories.client_for(factories.patient().user)


def found(response):
    """Return the SKUs of the products that are shown."""
    return re.findall(r'id="product-([^"]+)"', response.content.decode())


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ({}, ["PEN", "CHEWS", "CALM"]),
        ({"form": "edible"}, ["CHEWS"]),
        ({"q": "cafe"}, ["CHEWS"]),
        ({"q": "DROPS calm"}, ["CALM"]),
        ({"q": "tincture"}, ["CALM"]),
        ({"q": "calm pen"}, []),
        ({"thc": "100-300"}, ["CHEWS"]),
        ({"thc": "0-100"}, ["CALM"]),
        ({"thc": "600"}, ["PEN"]),
        ({"cbd": "0"}, ["PEN"]),
        ({"cbd": "300"}, ["CALM"]),
        ({"size": "0-1"}, ["CHEWS"]),
        ({"size": "1-3"}, ["PEN", "CALM"]),
        ({"price": "0-30"}, ["CALM"]),
        ({"price": "30-50"}, ["CHEWS"]),
        ({"form": "vape", "price": "30-50"}, []),
    ],
    ids=str,
)
def test_the_menu_is_searched_and_filtered_in_the_address(client, query, skus):
    response = client.get(url("product-list"), query)
    assert found(response) == skus
    assert response.context["menu"].found == len(skus)
    assert ("Nothing on the menu fits" in words_of(response)) is (not skus)


@pytest.mark.parametrize("name", ["form", "thc", "cbd", "size", "price"])
@pytest.mark.parametrize("typed", ["nope", "x" * 5000, "🌿", "0-1000000"])
def test_an_unknown_filter_gets_a_sentence_and_filters_nothing(client, name, typed):
    response = client.get(url("product-list"), {name: typed})
    assert response.status_code == 200
    assert "Choose one of the answers in the list." in words_of(response)
    assert len(found(response)) == 3


def test_a_search_that_is_too_long_gets_a_sentence(client):
    assert "Error:" in words_of(client.get(url("product-list"), {"q": "x" * 61}))


def test_a_search_term_is_shown_as_text(client):
    response = client.get(url("product-list"), {"q": '<script>"x'})
    assert b'<script>"x' not in response.content
    assert b"&lt;script&gt;" in response.content


def test_the_filters_stay_when_a_line_is_put_in_the_cart(client):
    content = client.get(url("product-list"), {"form": "edible", "zip": "06510"}).content.decode()
    assert f'action="{url("cart-line")}?form=edible&amp;zip=06510"' in content
    response = client.post(f"{url('cart-line')}?form=edible&nope=1", {"product": "CHEWS", "quantity": 1})
    assert (response.status_code, response.url) == (302, f"{url('product-list')}?form=edible#product-CHEWS")


def test_htmx_gets_the_row_and_the_bar_alone(client):
    data = {"product": "CHEWS", "quantity": 2, "next": "menu"}
    response = client.post(f"{url('cart-line')}?form=edible", data, headers={"HX-Request": "true"})
    content = response.content.decode()
    assert found(response) == ["CHEWS"] and 'id="cart-bar" data-hx-swap-oob="true"' in content
    assert f'action="{url("cart-line")}?form=edible"' in content and "<h1" not in content
    assert "Cart (2)" in words_of(response) and "In your cart: 2 × Café chews." in words_of(response)


def test_a_long_menu_has_pages_and_a_line_comes_back_to_its_page(client):
    for number in range(PRODUCTS_A_PAGE):
        factories.product(sku=f"BALM-{number}", name=f"Balm {number:02d}", form="topical", stock=0)
    first, second = client.get(url("product-list")), client.get(url("product-list"), {"page": 2})
    assert (len(found(first)), len(found(second))) == (PRODUCTS_A_PAGE, 3)
    assert "More products" in words_of(first)
    assert "Previous products" in words_of(second)
    assert f"{url('cart-line')}?page=2" not in first.content.decode()
    response = client.post(f"{url('cart-line')}?page=2", {"product": "CALM", "quantity": 1})
    assert response.url == f"{url('product-list')}?page=2#product-CALM"


def test_a_page_of_the_demo_menu_is_no_more_than_30_kB():
    factories.window()
    for fields in PRODUCTS:
        actions.save_product(by=None, **{name: fields[name] for name in fields if name != "stock"})
    with unguarded():
        Product.objects.update(stock=9)
    client = factories.client_for(factories.patient().user)
    sizes = [len(client.get(url("product-list"), {"page": page}).content) for page in (1, 2)]
    assert max(sizes) <= 30_000, sizes


def test_the_facts_of_a_product_are_up_to_date_and_in_the_language_of_the_page(client):
    assert "Calm drops $29.99 Counts 0.05 oz THC 30 mg CBD 600 mg" in words_of(
        client.get(url("product-list"), {"q": "calm"})
    )
    actions.save_product(sku="CALM", price_cents=3100, thc_mg=31, name="Calmer drops", name_es="Gotas", by=None)
    with unguarded():
        Product.objects.filter(sku="CALM").update(stock=3)
    words = words_of(client.get(url("product-list"), {"q": "calm"}))
    assert "3 left Calmer drops $31.00 Counts 0.05 oz THC 31 mg CBD 600 mg" in words
    words = words_of(client.get(url("product-list"), {"q": "calm"}, headers={"accept-language": "es"}))
    assert "Quedan 3 Gotas $31.00" in words


@pytest.mark.parametrize("page", ["0", "-1", "999", "abc", "²"])
def test_any_page_of_the_menu_opens(client, page):
    assert client.get(url("product-list"), {"page": page}).status_code == 200
    assert client.post(f"{url('cart-line')}?page={page}", {"product": "CALM", "quantity": 1}).status_code == 302


def test_a_guardian_finds_no_inhaled_form_by_searching_either(client):
    caregiver, _child = people.guardian_of_a_child()
    response = factories.client_for(caregiver.user).get(url("product-list"), {"form": "vape"})
    assert found(response) == []


def test_the_strip_says_where_and_when(client):
    words = words_of(client.get(url("product-list")))
    assert words.index("New Haven 06510, Wed, Nov 25 Change") < words.index("Search the menu")


def test_a_chosen_zip_code_stays_with_the_filters(client):
    response = client.get(url("product-list"), {"zip": "06103", "form": "edible"})
    assert "Hartford 06103, Wed, Nov 25" in words_of(response)
    assert b'href="/delivery/?zip=06103"' in response.content


# --- Chips, order, what was had before ------------------------------------------------------------------------------


def test_chips_count_what_fits_the_search_and_keep_it(client):
    chips = client.get(url("product-list"), {"q": "c", "form": "vape"}).context["menu"].chips
    assert [(chip.label, chip.count, chip.query, chip.is_chosen) for chip in chips] == [
        ("All", 2, "q=c", False),
        ("Vape", 0, "q=c&form=vape", True),
        ("Edible", 1, "q=c&form=edible", False),
        ("Tincture", 1, "q=c&form=tincture", False),
    ]


@pytest.mark.parametrize(
    ("sort", "skus"),
    [
        ("price", ["CALM", "CHEWS", "PEN", "GONE"]),
        ("price-down", ["PEN", "CHEWS", "CALM", "GONE"]),
        ("thc", ["PEN", "CHEWS", "CALM", "GONE"]),
        ("cbd", ["CALM", "CHEWS", "PEN", "GONE"]),
        ("newest", ["CALM", "CHEWS", "PEN", "GONE"]),
    ],
)
def test_sort_keeps_what_is_sold_out_last(client, sort, skus):
    factories.product(sku="GONE", name="Gone drops", stock=0, price_cents=100, thc_mg=900, cbd_mg=900)
    assert found(client.get(url("product-list"), {"sort": sort})) == skus


def test_sort_and_search_and_filters_work_together(client):
    response = client.get(url("product-list"), {"sort": "price-down", "q": "drops", "thc": "0-100"})
    assert found(response) == ["CALM"]
    assert b'<input type="hidden" name="sort" value="price-down">' in response.content  # for the next search
    assert b'<input type="hidden" name="q" value="drops">' in response.content  # for another order


@shared
def had_calm():
    """Return a patient who had CALM before, with the products of the menu."""
    patient = factories.patient()
    factories.window()
    calm = factories.product(sku="CALM", name="Calm drops")
    factories.product(sku="BERRY", name="Berry chews", form="edible")
    factories.order(patient, lines=[(calm, 2)])
    return patient


def test_what_the_patient_had_before_comes_first(had_calm):
    words = words_of(factories.client_for(had_calm.user).get(url("product-list")))
    assert words.index("You had before Calm drops") < words.index("Edible Berry chews")
    other = words_of(factories.client_for(factories.patient().user).get(url("product-list")))
    assert "You had before" not in other


def test_a_page_reads_the_forms_that_it_can_show_alone_and_shows_the_same(had_calm, monkeypatch):
    """The patient had a product of the last form, which so stands before all others."""
    for number in range(PRODUCTS_A_PAGE):
        factories.product(sku=f"GUM-{number}", name=f"Gum {number}", form="edible", stock=number % 3)
        factories.product(sku=f"PEN-{number}", name=f"Pen {number}", form="vape")
    asked = []
    rows = menu._page_of.rows
    monkeypatch.setattr(menu._page_of, "rows", lambda **given: asked.append(given["forms"]) or rows(**given))
    client = factories.client_for(had_calm.user)

    def pages():
        return [found(client.get(url("product-list"), {"page": page})) for page in (1, 2, 3)]

    shown, asked_for = pages(), list(asked)
    assert asked_for == [["vape"], ["vape", "edible"], ["vape", "edible", "tincture"]]
    every = ["vape", "edible", "tincture"]
    monkeypatch.setattr(menu.Found, "_forms_before", lambda _found, _place: every)
    assert shown == pages() and len(set(sum(shown, []))) == 2 * PRODUCTS_A_PAGE + 2


def test_a_cancelled_order_was_not_had(had_calm):
    actions.cancel_order(order=had_calm.orders.get(status="placed"), reason="", by=had_calm.user)
    assert "You had before" not in words_of(factories.client_for(had_calm.user).get(url("product-list")))


# --- Steppers -------------------------------------------------------------------------------------------------------


def steps(response):
    """Return the quantities that the buttons of the page set, by their ids."""
    pattern = r'id="((?:less|more)-[^"]+)" name="quantity" value="(\d+)"( disabled)?'
    return {name: (int(value), not off) for name, value, off in re.findall(pattern, response.content.decode())}


def test_a_stepper_names_the_new_quantity(client):
    assert steps(client.get(url("product-list"), {"form": "edible"})) == {"more-CHEWS": (1, True)}
    client.post(url("cart-line"), {"product": "CHEWS", "quantity": 2})
    assert steps(client.get(url("product-list"), {"form": "edible"})) == {
        "less-CHEWS": (1, True),
        "more-CHEWS": (3, True),
    }


def test_a_stepper_ends_at_the_stock(client):
    factories.product(sku="RARE", form="topical", stock=1)
    client.post(url("cart-line"), {"product": "RARE", "quantity": 1})
    assert steps(client.get(url("product-list"), {"form": "topical"})) == {
        "less-RARE": (0, True),
        "more-RARE": (2, False),
    }


def test_a_refused_step_by_htmx_says_why_in_the_row(client):
    factories.product(sku="RARE", stock=1)
    data = {"product": "RARE", "quantity": 2, "next": "menu"}
    response = client.post(url("cart-line"), data, headers={"HX-Request": "true"})
    assert found(response) == ["RARE"] and "Only 1 of Harbor Mist Tincture left." in words_of(response)


def test_a_product_that_left_the_menu_loads_the_page_again(client):
    actions.save_product(sku="CHEWS", is_active=False, by=None)
    data = {"product": "CHEWS", "quantity": 1, "next": "menu"}
    response = client.post(url("cart-line"), data, headers={"HX-Request": "true"})
    assert response.headers["HX-Refresh"] == "true"


def test_the_shelves_stand_in_the_order_of_the_forms():
    factories.window()
    for form in sorted(Product.Form):
        factories.product(sku=form, form=form)
        factories.product(sku=f"gone-{form}", form=form, stock=0)
    client = factories.client_for(factories.patient().user)
    expected = [sku for form in Product.Form for sku in (form, f"gone-{form}")]
    assert found(client.get(url("product-list"))) == expected
