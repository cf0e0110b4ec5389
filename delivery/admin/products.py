"""The menu."""

from django.contrib import admin
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, Step
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.stock_steps import STOCK_STEPS
from delivery.models import Product
from ui.forms import DollarsField, PortalForm, WholeNumberField
from ui.templatetags.portal import money


class PriceForm(PortalForm):
    price_cents = DollarsField(label=_("Price in dollars"))


class LowStockForm(PortalForm):
    low_stock_at = WholeNumberField(label=_("Low when so many are left"), min_value=0, max_value=1000)


class LowStockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request, model_admin):
        return [("low", _("Low")), ("none", _("Sold out"))]

    def queryset(self, request, queryset):
        if self.value() == "none":
            return queryset.filter(stock=0)
        return queryset.filter(stock__lte=F("low_stock_at")) if self.value() == "low" else queryset


def _set_price(product, request, price_cents):
    actions.save_product(sku=product.sku, price_cents=price_cents, by=request.user)


def _explain_menu(product):
    if product.is_active:
        return _("%(sku)s can no longer be put in a cart. Orders that were placed stay.") % {"sku": product.sku}
    return _("%(sku)s can be ordered again.") % {"sku": product.sku}


@admin.register(Product)
class ProductAdmin(ActionAdmin):
    list_display = ["sku", "name", "form", "price", "flower_equivalent", "stock", "low", "is_active"]
    list_filter = [LowStockFilter, "form", "is_active"]
    search_fields = ["sku", "name"]
    fields = readonly_fields = [
        "sku", "name", "form", "price", "flower_equivalent", "thc_mg", "cbd_mg", "stock", "low_stock_at", "lots",
        "is_inhaled", "is_active",
    ]  # fmt: skip
    price = columns.amount("price_cents", _("price"))
    flower_equivalent = columns.equivalent()
    steps = (
        *STOCK_STEPS,
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
        Step(
            name="low",
            label=_("Change the low-stock mark"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=lambda product: (
                _("%(sku)s is marked as low when %(low_stock_at)d or fewer are left.") % vars(product)
            ),
            perform=lambda product, request, low_stock_at: actions.save_product(
                sku=product.sku, low_stock_at=low_stock_at, by=request.user
            ),
            form_class=LowStockForm,
        ),
    )

    @admin.display(description=_("low"))
    def low(self, product):
        return _("Low") if product.is_low else ""

    @admin.display(description=_("lots with stock"))
    def lots(self, product):
        page = reverse("admin:delivery_stockmovement_lot")
        links = (
            (f"{page}?{urlencode({'sku': product.sku, 'lot': lot})}", lot, left)
            for lot, left in rules.lots_with_stock(product)
        )
        return format_html_join(", ", '<a href="{}">{}</a> ({})', links) or _("None")
