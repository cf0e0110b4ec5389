"""The products of the menu, and their photos."""

import hashlib
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Product, ProductPhoto
from delivery.photos import read_photo


@audited("product.save")
def save_product(*, sku: str, by: User | None, **fields: Any) -> Product:
    """Save some of a product's fields, and add the product where it is new; returns it.

    The fields are the texts name, detail and description, each with `_es` for Spanish, form, drawing, color,
    price_cents, weight_mg, thc_mg, cbd_mg, low_stock_at, is_inhaled, is_active, and for the monitoring report
    report_code, report_unit, report_quantity and days_supply, never the stock. The flower equivalent is the product's
    own weight (`weight_mg`), or else the state's formula. Raises ProductError.
    """
    product = Product.objects.select_for_update(no_key=True).filter(sku=sku).first() or Product(sku=sku)
    for name, value in fields.items():
        setattr(product, name, value)
    product.amount_mg = rules.counted_mg(product)
    _check(product)
    product.save(update_fields=[*fields, "amount_mg"] if product.pk else None)
    record(by=by, subject=product)
    return product


@audited("product.add")
def add_product(*, sku: str, by: User, **fields: Any) -> Product:
    """Add a product to the menu, sold out, with the fields of `save_product`; returns it. Raises ProductError."""
    rules.check_sku_is_new(sku)
    product = Product(sku=sku, **fields)
    product.amount_mg = rules.counted_mg(product)
    _check(product)
    product, _is_new = Product.objects.get_or_create(sku=sku, defaults={**fields, "amount_mg": product.amount_mg})
    record(by=by, subject=product)
    return product


def _check(product: Product) -> None:
    rules.check_product_counts(product)
    rules.check_full_name_fits(product.name, product.detail)
    rules.check_report_code(product.report_code)
    rules.check_report_quantity(Decimal(product.report_quantity))
    rules.check_days(product.days_supply, field="days_supply")


@audited("product.photo", subject="product", atomic=False)
def set_photo(*, product: Product, photo: Any, by: User) -> ProductPhoto:
    """Set the photo of a product from an uploaded JPEG or PNG; an earlier photo goes. Raises ProductError."""
    content = read_photo(photo)  # before the transaction: it takes up to seconds
    digest = hashlib.sha256(f"{product.pk}:".encode() + content).hexdigest()[:32]
    with transaction.atomic():
        stored, _is_new = ProductPhoto.objects.update_or_create(
            product=product, defaults={"content": content, "digest": digest}
        )
        record(by=by, subject=product)
    return stored


@audited("product.drop_photo", subject="product")
def drop_photo(*, product: Product, by: User) -> None:
    """Remove the photo of a product. The same call again changes nothing."""
    ProductPhoto.objects.filter(product=product).delete()
    record(by=by, subject=product)
