import re

import pytest

from delivery import actions
from delivery.demo_products import PRODUCTS
from delivery.models import Product
from delivery.presenters.menu import PRODUCTS_A_PAGE
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.guard import unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
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
    assert f"{len(skus)} product" in words_of(response)
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
    assert f'action="{url("cart-line")}?form=edible"' in content
    response = client.post(f"{url('cart-line')}?form=edible&nope=1", {"product": "CHEWS", "quantity": 1})
    assert (response.status_code, response.url) == (302, f"{url('product-list')}?form=edible")
    response = client.post(
        f"{url('cart-line')}?form=edible",
        {"product": "CHEWS", "quantity": 2},
        headers={"HX-Request": "true"},
    )
    assert found(response) == ["CHEWS"]


def test_a_long_menu_has_pages_and_a_line_comes_back_to_its_page(client):
    for number in range(PRODUCTS_A_PAGE):
        factories.product(sku=f"BALM-{number}", name=f"Balm {number:02d}", form="topical", stock=0)
    first, second = client.get(url("product-list")), client.get(url("product-list"), {"page": 2})
    assert (len(found(first)), len(found(second))) == (PRODUCTS_A_PAGE, 3)
    assert "More products" in words_of(first)
    assert "Previous products" in words_of(second)
    assert f"{url('cart-line')}?page=2" not in first.content.decode()
    response = client.post(f"{url('cart-line')}?page=2", {"product": "CALM", "quantity": 1})
    assert response.url == f"{url('product-list')}?page=2"


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
    assert "$29.99 THC 30 mg, CBD 600 mg." in words_of(client.get(url("product-list"), {"q": "calm"}))
    actions.save_product(sku="CALM", price_cents=3100, thc_mg=31, name="Calmer drops", by=None)
    with unguarded():
        Product.objects.filter(sku="CALM").update(stock=3)
    words = words_of(client.get(url("product-list"), {"q": "calm"}))
    assert "Calmer drops $31.00 THC 31 mg, CBD 600 mg." in words and "3 left" in words
    words = words_of(client.get(url("product-list"), {"q": "calm"}, headers={"accept-language": "es"}))
    assert "Calmer drops $31.00" in words and "Quedan 3" in words


@pytest.mark.parametrize("page", ["0", "-1", "999", "abc", "²"])
def test_any_page_of_the_menu_opens(client, page):
    assert client.get(url("product-list"), {"page": page}).status_code == 200
    assert client.post(f"{url('cart-line')}?page={page}", {"product": "CALM", "quantity": 1}).status_code == 302


def test_a_guardian_finds_no_inhaled_form_by_searching_either(client):
    caregiver, _child = people.guardian_of_a_child()
    response = factories.client_for(caregiver.user).get(url("product-list"), {"form": "vape"})
    assert found(response) == []


def test_the_zip_box_comes_before_the_menu(client):
    words = words_of(client.get(url("product-list")))
    assert words.index("Do you deliver to me?") < words.index("Next delivery") < words.index("Search the menu")
