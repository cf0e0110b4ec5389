"""The picture of a product: the photo that staff uploaded, or else a tile in the product's color."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from delivery.models import Product, ProductPhoto

register = template.Library()

SIZES = {"row": (76, 90), "small": (64, 64), "page": (480, 360)}


@register.simple_tag
def product_picture(product: Product, size: str) -> SafeString:
    """Return the picture as HTML, without words: the name of the product stands beside it."""
    width, height = SIZES[size]
    if hasattr(product, "photo_digest"):
        digest = product.photo_digest
    else:
        digest = ProductPhoto.objects.filter(product=product).values_list("digest", flat=True).first()
    if digest:
        return format_html(
            '<img class="picture picture--{}" src="{}" alt="" width="{}" height="{}" loading="lazy">',
            size, reverse("delivery:product-photo", args=[digest]), width, height,
        )  # fmt: skip
    return format_html('<span class="picture picture--{}" aria-hidden="true"></span>', size)
