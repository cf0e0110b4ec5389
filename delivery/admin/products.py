"""The menu."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.stock_action_pages import STOCK_ACTION_PAGES
from delivery.models import Product
from delivery.models.questions import IS_LOW
from ui.forms import DollarsField, GramsField, PortalForm, WholeNumberField, validate_printable
from ui.templatetags.portal import grams, money


class ProductForm(PortalForm):
    """All that the menu says of a product; the flower equivalent is computed from it."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[validate_printable])
    form = forms.ChoiceField(label=_("Form"), choices=Product.Form.choices)
    price_cents = DollarsField(label=_("Price in dollars"))
    weight_mg = GramsField(
        label=_("Own weight as flower, in grams"),
        required=False,
        help_text=_("For flower alone. Everything else counts by its THC and CBD."),
    )
    thc_mg = WholeNumberField(label=_("THC in mg"), min_value=0, max_value=100_000)
    cbd_mg = WholeNumberField(label=_("CBD in mg"), min_value=0, max_value=100_000)
    low_stock_at = WholeNumberField(label=_("Low when so many are left"), min_value=0, max_value=1000, initial=5)
    is_inhaled = forms.BooleanField(
        label=_("Inhaled"), required=False, help_text=_("Smoked or vaporized: not for patients under 18.")
    )


class NewProductForm(ProductForm):
    sku = forms.CharField(
        label=_("SKU"),
        max_length=30,
        validators=[RegexValidator(r"^[A-Z0-9-]+$", _("Use capital letters, digits and hyphens, like TI-CALM-600."))],
    )
    field_order = ("sku",)


class PriceForm(PortalForm):
    price_cents = DollarsField(label=_("Price in dollars"))


class PhotoForm(PortalForm):
    photo = forms.FileField(label=_("Photo"), help_text=_("A JPEG or PNG of at most 10 MB; the menu shows it small."))


class LowStockForm(PortalForm):
    low_stock_at = WholeNumberField(label=_("Low when so many are left"), min_value=0, max_value=1000)


class LowStockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("Low")), ("none", _("Sold out"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if self.value() == "none":
            return queryset.filter(stock=0)
        return queryset.filter(IS_LOW) if self.value() == "low" else queryset


def _set_price(product: Product, request: SignedInRequest, price_cents: int) -> None:
    actions.save_product(sku=product.sku, price_cents=price_cents, by=request.user)


def _as_typed(product: Product) -> dict[str, Any]:
    """Return the product as a person types it into the form."""
    typed = {name: getattr(product, name) for name in ProductForm.base_fields}
    weight = product.weight_mg and f"{Decimal(product.weight_mg) / 1000:.3f}".rstrip("0").rstrip(".")
    return typed | {"price_cents": money(product.price_cents).removeprefix("$"), "weight_mg": weight}


def _explain_change(product: Product) -> str:
    words = gettext(
        "It counts as %(amount)s of flower. What it counts as follows from its weight, or from THC and CBD. Orders "
        "that were placed stay as they are. A person who has it in a cart sees the change there."
    )
    return words % {"amount": grams(product.amount_mg)}


def _explain_menu(product: Product) -> str:
    if product.is_active:
        return gettext("%(sku)s can no longer be put in a cart. Orders that were placed stay.") % {"sku": product.sku}
    return gettext("%(sku)s can be ordered again.") % {"sku": product.sku}


@admin.register(Product)
class ProductAdmin(ActionAdmin):
    list_display = ["sku", "name", "form", "price", "flower_equivalent", "stock", "low", "is_active"]
    list_filter = [LowStockFilter, "form", "is_active"]
    search_fields = ["sku", "name"]
    fields = readonly_fields = (
        "sku", "name", "form", "price", "flower_equivalent", "weight_mg", "thc_mg", "cbd_mg", "stock", "low_stock_at",
        "lots", "is_inhaled", "is_active",
    )  # fmt: skip
    price = columns.amount("price_cents", _("price"))
    flower_equivalent = columns.equivalent()
    action_pages = (
        *STOCK_ACTION_PAGES,
        ActionPage(
            name="edit",
            label=_("Change what the menu says"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=_explain_change,
            perform=lambda product, request, **answers: actions.save_product(
                sku=product.sku, **answers, by=request.user
            ),
            form_class=ProductForm,
            initial=_as_typed,
        ),
        ActionPage(
            name="photo",
            label=_("Set the photo"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=lambda product: _("The menu shows it beside the words. It takes the place of an earlier one."),
            perform=lambda product, request, photo: actions.set_photo(product=product, photo=photo, by=request.user),
            form_class=PhotoForm,
        ),
        ActionPage(
            name="drop-photo",
            label=_("Take the photo off"),
            permission="delivery.change_product",
            offered=lambda product: hasattr(product, "photo"),
            explain=lambda product: _("The menu then shows the words alone."),
            perform=lambda product, request: actions.drop_photo(product=product, by=request.user),
        ),
        ActionPage(
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
        ActionPage(
            name="menu",
            label=_("Take off the menu, or put back"),
            permission="delivery.change_product",
            offered=lambda _product: True,
            explain=_explain_menu,
            perform=lambda product, request: actions.save_product(
                sku=product.sku, is_active=not product.is_active, by=request.user
            ),
        ),
        ActionPage(
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

    list_action_pages = (
        ListActionPage(
            name="new",
            label=_("Add a product"),
            permission="delivery.add_product",
            explain=_("It is on the menu at once, and sold out until stock is received."),
            form_class=NewProductForm,
            perform=lambda request, **answers: actions.add_product(**answers, by=request.user),
        ),
    )

    @admin.display(description=_("low"))
    def low(self, product: Product) -> str:
        return gettext("Low") if product.is_low else ""

    @admin.display(description=_("lots with stock"))
    def lots(self, product: Product) -> str:
        page = reverse("admin:delivery_stockmovement_lot")
        links = (
            (f"{page}?{urlencode({'sku': product.sku, 'lot': lot})}", lot, left)
            for lot, left in rules.lots_with_stock(product)
        )
        return format_html_join(", ", '<a href="{}">{}</a> ({})', links) or gettext("None")
