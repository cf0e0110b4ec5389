"""The menu and its stock."""

from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Product, StockMovement


@audited("product.save")
def save_product(*, sku: str, by: User | None, **fields: Any) -> Product:
    """A row of the menu: name, form, price_cents, weight_mg, thc_mg, cbd_mg, is_inhaled, is_active. Never the stock.

    Its flower equivalent is its own weight (`weight_mg`), or else the state's formula. Raises ProductError.
    """
    product = Product.objects.select_for_update(no_key=True).filter(sku=sku).first() or Product(sku=sku)
    for name, value in fields.items():
        setattr(product, name, value)
    product.amount_mg = rules.counted_mg(product)
    rules.check_product_counts(product)
    product.save(update_fields=[*fields, "amount_mg"] if product.pk else None)
    record(action="product.save", by=by, subject=product)
    return product


@audited("stock.receive")
def receive_stock(*, product: Product, quantity: int, lot: str, by: User | None, reason: str = "") -> None:
    """`quantity` (1 to 10,000) of a lot came in."""
    if not 1 <= quantity <= 10_000:
        raise rules.QuantityError(_("Enter a quantity from 1 to 10,000."), field="quantity")
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + quantity)
    StockMovement.objects.create(
        product=product, kind=StockMovement.Kind.RECEIVED, quantity=quantity, lot=lot, by=by, reason=reason
    )
    record(action="stock.receive", by=by, subject=product)
