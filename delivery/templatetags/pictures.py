"""The picture of a product: the photo that staff uploaded, or else a drawing in the product's color."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from delivery.models import Product, ProductPhoto

register = template.Library()

SIZES = {"row": (76, 90), "small": (64, 64), "page": (480, 360)}  # pixels; the styles shrink "page" on a phone
READ_HERE = object()


@register.simple_tag
def product_picture(product: Product, size: str, photo_digest: str | None | object = READ_HERE) -> SafeString:
    """Return the picture as HTML, without words: the name of the product stands beside it.

    `size` is a key of SIZES. A list gives `photo_digest`, which names the photo or is None, or annotates its products
    with it; else it is read for this product.
    """
    if digest := _digest(product, photo_digest):
        return _photo(str(digest), size)
    return _drawing(product.form, product.color, product.drawn_as, size)


@lru_cache(maxsize=500)
def _photo(digest: str, size: str) -> SafeString:
    width, height = SIZES[size]
    return format_html(
        '<img class="picture picture--{}" src="{}" alt="" width="{}" height="{}" loading="lazy">',
        size, reverse("delivery:product-photo", args=[digest]), width, height,
    )  # fmt: skip


@lru_cache(maxsize=500)
def _drawing(form: str, color: str, drawn_as: str, size: str) -> SafeString:
    width, height = SIZES[size]
    return format_html(
        '<svg class="picture picture--{} tile--{} hue--{}" width="{}" height="{}" aria-hidden="true">'
        '<use href="{}#{}"></use></svg>',
        size, form, color, width, height, static("img/products.svg"), drawn_as,
    )  # fmt: skip


def _digest(product: Product, given: str | None | object) -> str | None | object:
    if given is not READ_HERE:
        return given
    if hasattr(product, "photo_digest"):
        return product.photo_digest
    return ProductPhoto.objects.filter(product=product).values_list("digest", flat=True).first()
