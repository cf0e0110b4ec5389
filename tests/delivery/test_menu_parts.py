"""The rows of the menu and the lines of the cart, which are rendered once, and what the database finds for them."""

import itertools

import pytest
from django.utils.translation import override

from certification.models import Patient
from delivery import rules
from delivery.models import Product
from delivery.orderers import Orderer
from delivery.presenters import cart_page, menu
from delivery.presenters.cart import Cart
from delivery.presenters.menu import MenuProduct, row_of
from delivery.presenters.terms import terms_for
from delivery.rules.reaching import reaching_minimum
from tests import factories
from tests.delivery import people
from tests.guard import unguarded

pytestmark = pytest.mark.once

PRODUCT = MenuProduct(
    pk=1, sku="CALM", name="Calm drops", detail="30 ml", name_es="Gotas", detail_es="30 mL", form="tincture",
    color="green", drawing="", price_cents=2999, amount_mg=1320, thc_mg=30, cbd_mg=600, stock=9, photo_digest=None,
    is_favorite=False,
)  # fmt: skip
OTHER = {
    "sku": "OTHER", "name": "Other <b>", "detail": "", "name_es": "", "detail_es": "", "form": "flower",
    "color": "blue", "drawing": "gummy", "price_cents": 3000, "amount_mg": 9000, "thc_mg": 31, "cbd_mg": 601,
    "stock": 8, "photo_digest": "abc", "is_favorite": True,
}  # fmt: skip
LINE = cart_page.Line(
    sku="CALM", name="Calm drops", detail="30 ml", full_name="Calm drops, 30 ml", form="tincture", color="green",
    drawn_as="tincture", photo_digest=None, price_cents=2999, cost_cents=5998, amount_mg=2640, quantity=2, refusal="",
    note="", fits=None, is_most=False,
)  # fmt: skip
OTHER_LINE = {
    "sku": "OTHER", "name": "Other <b>", "detail": "", "full_name": "Other", "form": "flower", "color": "blue",
    "drawn_as": "gummy", "photo_digest": "abc", "price_cents": 3000, "cost_cents": 6000, "amount_mg": 9000,
    "quantity": 3, "refusal": "Sold out.", "note": "The price changed.", "fits": 1, "is_most": True,
}  # fmt: skip
WORDS = {"quantity": 0, "can_order": True, "is_wrong": False}
SPANISH_ALONE = {"name_es", "detail_es"}
FIELDS = sorted(set(MenuProduct._fields) - {"pk"})


def row(product=PRODUCT, **over):
    words = WORDS | over
    return row_of(product, words.pop("quantity"), **words)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_row_shows_each_change_at_once(field, language):
    with override(language):
        before, after = row(), row(PRODUCT._replace(**{field: OTHER[field]}))
        english_under_spanish = language == "es" and field in ("name", "detail")
        assert (before == after) is (english_under_spanish or (language == "en" and field in SPANISH_ALONE))


@pytest.mark.parametrize(
    "over", [{"quantity": 1}, {"quantity": 9}, {"can_order": False}, {"is_wrong": True}], ids=str
)  # fmt: skip
def test_a_row_shows_the_readers_cart_at_once(over):
    assert row() != row(**over)
    assert row(quantity=8) != row(quantity=9)  # as many as there are


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("quantity", [0, 2])
def test_a_kept_row_is_the_row_rendered_afresh(language, quantity):
    with override(language):
        row(quantity=quantity)  # is kept
        fresh = menu._row.__wrapped__(menu.Row(PRODUCT, quantity, is_most=False, can_order=True, is_wrong=False))
        assert row(quantity=quantity) == fresh


def test_a_row_names_no_reader():
    html = row(quantity=2, is_wrong=True)
    assert [html.count(f'"<{name}>"') for name in ("line_url", "patient_number", "csrf_token", "error_id")] == [
        2,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("field", LINE._fields)
def test_a_line_of_the_cart_shows_each_change_at_once(field, language):
    with override(language):
        assert cart_page._line(LINE) != cart_page._line(LINE._replace(**{field: OTHER_LINE[field]}))


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_kept_line_of_the_cart_is_the_line_rendered_afresh(language):
    with override(language):
        cart_page._line(LINE)  # is kept
        assert cart_page._line(LINE) == cart_page._line.__wrapped__(LINE)


# --- What the database finds ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_fits_patient_finds_what_check_product_fits_patient_lets_pass():
    caregiver, child = people.guardian_of_a_child()
    adult = factories.patient()
    for is_active, is_inhaled in itertools.product([True, False], repeat=2):
        factories.product(is_active=is_active, is_inhaled=is_inhaled)
    for patient, count in ((adult, 2), (child, 1)):
        day = people.date(2026, 11, 25)
        found = set(Product.objects.filter(rules.fits_patient(patient, day=day)))
        passed = {
            product
            for product in Product.objects.all()
            if not rules.refusal_of(rules.check_product_fits_patient, product, patient, day=day)
        }
        assert found == passed and len(found) == count


@pytest.mark.django_db
def test_candidates_reach_the_minimum_as_all_products_do():
    factories.window()
    patient = factories.patient()
    had = [factories.product(name="Had", price_cents=price, amount_mg=1000) for price in (2500, 4100, 9100)]
    factories.order(patient, lines=[(product, 2) for product in had])
    with unguarded():
        Product.objects.bulk_create(_products())
    orderer, ids = _orderer_of(patient), {product.pk for product in had}
    terms, everything = terms_for(orderer.certification), list(Product.objects.all())
    for short_cents, left_mg in itertools.product([1, 1999, 2000, 2001, 4100, 9000], [0, 1999, 4000, 90_000]):
        cart = Cart([], 10_000 - short_cents, 0, 10_000)
        few = cart_page._candidates(orderer, terms, cart, left_mg)
        best = reaching_minimum(few, short_cents=short_cents, left_mg=left_mg, had=ids)
        assert best == reaching_minimum(everything, short_cents=short_cents, left_mg=left_mg, had=ids)
        assert len(few) <= 7 and {product.pk for product in few if product.is_had} <= ids


def _orderer_of(patient):
    (today,) = Patient.objects.filter(pk=patient.pk).read_today()
    return Orderer(patient.user, today, [today])


def _products():
    figures = itertools.product([1999, 2000, 4100, 9000], [500, 2000, 4000], [0, 1, 4])
    for price_cents, amount_mg, stock in figures:
        name = f"{price_cents}-{amount_mg}-{stock}"
        yield Product(
            sku=name, name=name, form="edible", price_cents=price_cents, weight_mg=amount_mg, amount_mg=amount_mg,
            stock=stock, is_inhaled=False,
        )  # fmt: skip
