"""The menu."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, Step
from delivery import actions
from delivery.admin import columns
from delivery.models import Product
from ui.forms import DollarsField, PortalForm, WholeNumberField
from ui.templatetags.portal import money


class ReceiptForm(PortalForm):
    quantity = WholeNumberField(label=_("Quantity"), min_value=1, max_value=10_000)
    lot = forms.CharField(label=_("Lot"), max_length=40)


class PriceForm(PortalForm):
    price_cents = DollarsField(label=_("Price in dollars"))


def _set_price(product, request, price_cents):
    actions.save_product(sku=product.sku, price_cents=price_cents, by=request.user)


def _explain_menu(product):
    if product.is_active:
        return _("%(sku)s can no longer be put in a cart. Orders that were placed stay.") % {"sku": product.sku}
    return _("%(sku)s can be ordered again.") % {"sku": product.sku}


@admin.register(Product)
class ProductAdmin(ActionAdmin):
    list_display = ["sku", "name", "form", "price", "flower_equivalent", "stock", "is_active"]
    list_filter = ["form", "is_active"]
    search_fields = ["sku", "name"]
    fields = readonly_fields = [
        "sku", "name", "form", "price", "flower_equivalent", "thc_mg", "cbd_mg", "stock", "is_inhaled", "is_active",
    ]  # fmt: skip
    price = columns.amount("price_cents", _("price"))
    flower_equivalent = columns.equivalent()
    steps = (
        Step(
            name="receive",
            label=_("Receive stock"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=lambda product: _("%(sku)s has %(stock)d; what came in is added.") % vars(product),
            perform=lambda product, request, quantity, lot: actions.receive_stock(
                product=product, quantity=quantity, lot=lot, by=request.user
            ),
            form_class=ReceiptForm,
        ),
        Step(
            name="price",
            label=_("Change the price"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=lambda product: (
                _("%(sku)s costs %(price)s. Orders that were placed keep their price.")
                % {"sku": product.sku, "price": money(product.price_cents)}
            ),
            perform=_set_price,
            form_class=PriceForm,
        ),
        Step(
            name="menu",
            label=_("Take off the menu, or put back"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=_explain_menu,
            perform=lambda product, request: actions.save_product(
                sku=product.sku, is_active=not product.is_active, by=request.user
            ),
        ),
    )
