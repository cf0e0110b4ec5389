"""The texts of a product in both languages, and its name with the size wherever it is on paper."""

import pytest
from django.utils import translation

from delivery import actions, rules
from delivery.models import Product
from delivery.models.product_texts import full_name
from tests import factories

pytestmark = pytest.mark.once
HAZE = {"name": "Harbor Haze", "detail": "Whole flower, 3.5 g", "description": "Bright."}


@pytest.mark.parametrize(
    ("detail", "full"),
    [
        ("", "Harbor Haze"),
        ("Whole flower, 3.5 g", "Harbor Haze, whole flower, 3.5 g"),
        ("THC drops, 30 mL", "Harbor Haze, THC drops, 30 mL"),
        ("30 capsules", "Harbor Haze, 30 capsules"),
    ],
)
def test_full_name_joins_name_and_detail(detail, full):
    assert full_name("Harbor Haze", detail) == full


def test_shown_is_in_the_language_of_the_reader():
    product = Product(**HAZE, name_es="Neblina del puerto", detail_es="Flor entera, 3.5 g")
    assert product.shown.full_name == "Harbor Haze, whole flower, 3.5 g"
    with translation.override("es"):
        assert product.shown.full_name == "Neblina del puerto, flor entera, 3.5 g"
        assert product.shown.description == "Bright."  # nobody has translated it
        assert product.full_name == "Harbor Haze, whole flower, 3.5 g"


def test_check_full_name_fits_what_the_log_holds():
    rules.check_full_name_fits("x" * 38, "y" * 80)
    rules.check_full_name_fits("x" * 120, "")
    with pytest.raises(rules.ProductError, match="118"):
        rules.check_full_name_fits("x" * 39, "y" * 80)


@pytest.mark.django_db
def test_save_product_keeps_texts_and_color():
    product = factories.product(**HAZE, name_es="Neblina", color="lime")
    actions.save_product(sku=product.sku, price_cents=100, by=None)
    product.refresh_from_db()
    assert (product.detail, product.name_es, product.color) == ("Whole flower, 3.5 g", "Neblina", "lime")
