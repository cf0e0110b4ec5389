"""The pictures of products: each drawing in each color, and the photo that wins."""

import re
import xml.etree.ElementTree as ET

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.template import Context, Template

from delivery.demo_products import PRODUCTS
from delivery.models import Product, ProductPhoto
from delivery.models.drawings import USUAL, Drawing
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.once
SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 2048
SPRITE = (settings.BASE_DIR / "static/img/products.svg").read_text()
STYLES = (settings.BASE_DIR / "assets/_shown.scss").read_text()


def drawn(product, size="row", given=""):
    template = Template("{% load pictures %}{% product_picture product size " + given + "%}")
    return template.render(Context({"product": product, "size": size}))


def symbols():
    """Return the text of each drawing by its name."""
    return {
        made.get("id"): ET.tostring(made, encoding="unicode") for made in ET.fromstring(SPRITE).iter(f"{SVG}symbol")
    }


def test_each_drawing_is_a_small_symbol():
    assert set(symbols()) == set(Drawing.values)
    sizes = {name: len(text) for name, text in symbols().items()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


@pytest.mark.parametrize("drawing", Drawing.values)
def test_a_drawing_takes_the_color_of_its_product(drawing):
    assert set(re.findall(r"var\((--[a-z-]+)\)", symbols()[drawing])) & {"--hue", "--hue-pale", "--hue-deep"}


@pytest.mark.parametrize("color", Product.Color.values)
@pytest.mark.parametrize("form", Product.Form.values)
def test_each_form_is_drawn_in_each_color(form, color):
    picture = ET.fromstring(drawn(Product(form=form, color=color), given="None"))
    assert picture.get("class") == f"picture picture--row tile--{form} hue--{color}"
    assert (picture.get("width"), picture.get("height"), picture.get("aria-hidden")) == ("76", "90", "true")
    assert re.fullmatch(rf"/static/img/products(\.\w+)?\.svg#{USUAL[form]}", picture[0].get("href"))
    assert re.search(rf"\b{color}: #", STYLES) and re.search(rf"\b{form}: #", STYLES)


@pytest.mark.parametrize(("size", "pixels"), [("row", "76 90"), ("small", "64 64"), ("page", "480 360")])
def test_a_picture_reserves_its_place(size, pixels):
    picture = ET.fromstring(drawn(Product(form="edible", drawing="brownie"), size, "None"))
    assert f"{picture.get('width')} {picture.get('height')}" == pixels
    assert picture[0].get("href").endswith("#brownie")


def test_the_products_of_the_demo_are_told_apart():
    looks = {(each["drawing"], each["form"], each["color"]) for each in PRODUCTS}
    assert len(PRODUCTS) == 30 and len(looks) >= 25


@pytest.mark.django_db
def test_a_photo_takes_the_place_of_the_drawing():
    product = factories.product()
    assert "<svg" in drawn(product)
    with unguarded():
        ProductPhoto.objects.create(product=product, content=b"x", digest="a1b2")
    assert '<img class="picture picture--small" src="/delivery/photos/a1b2.jpg" alt="" width="64" height="64"' in drawn(
        product, "small"
    )


@pytest.mark.django_db
def test_a_list_gives_the_photo_and_reads_nothing_more(django_assert_num_queries):
    product = factories.product()
    with django_assert_num_queries(0):
        assert "/a1b2.jpg" in drawn(product, given='"a1b2"')
        product.photo_digest = None
        assert "<svg" in drawn(product)


@pytest.mark.django_db
def test_the_database_knows_the_drawings():
    with pytest.raises(IntegrityError, match="product_drawing"), unguarded(), transaction.atomic():
        Product.objects.filter(pk=factories.product().pk).update(drawing="pizza")
