"""The menu."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage
from audit.columns import LOOK, chip
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.stock_action_pages import STOCK_ACTION_PAGES
from delivery.models import Product
from delivery.models.drawings import Drawing
from delivery.models.questions import IS_LOW
from ui.forms import DollarsField, GramsField, PortalForm, WholeNumberField, validate_printable
from ui.templatetags.portal import grams, money
from ui.tidy import plain_number


class ReportQuantityField(forms.Field):
    """How much one item is, in the unit of the report: more than 0, with at most three decimals."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {
        "invalid": _("Enter how much one item is: more than 0, less than 1,000,000, with at most 3 decimals, like 3.5.")
    }

    def to_python(self, value: Any) -> Decimal | None:
        text = plain_number((value or "")[:50])
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) or Decimal(text) == 0:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(text)


class ProductForm(PortalForm):
    """All that the menu says of a product; the flower equivalent is computed from it."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[validate_printable])
    detail = forms.CharField(
        label=_("Kind and size"), max_length=80, required=False, validators=[validate_printable],
        help_text=_("The second line on the menu, like “Whole flower, 3.5 g”. Labels say it after the name."),
    )  # fmt: skip
    description = forms.CharField(
        label=_("Description"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One or two plain sentences: what it is, and how to begin with it."),
    )  # fmt: skip
    name_es = forms.CharField(
        label=_("Name in Spanish"), max_length=120, required=False, validators=[validate_printable],
        help_text=_("Where a Spanish text is left out, the English one is shown."),
    )  # fmt: skip
    detail_es = forms.CharField(
        label=_("Kind and size in Spanish"), max_length=80, required=False, validators=[validate_printable]
    )
    description_es = forms.CharField(
        label=_("Description in Spanish"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    color = forms.ChoiceField(
        label=_("Color of its drawing"), choices=Product.Color.choices, initial=Product.Color.GREEN,
        help_text=_("Shown where the product has no photo."),
    )  # fmt: skip
    drawing = forms.ChoiceField(
        label=_("Drawing"), choices=[("", _("The usual one of its form")), *Drawing.choices], required=False
    )
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
    report_code = forms.CharField(
        label=_("Product code for the monitoring report"), max_length=20, required=False,
        help_text=_("Eleven digits, from the agency, like 99999000101. Without it nobody can pack the product."),
    )  # fmt: skip
    report_unit = forms.ChoiceField(label=_("Reported in"), choices=Product.ReportUnit.choices)
    report_quantity = ReportQuantityField(
        label=_("One item is so many of them"), initial="1",
        help_text=_("Like 3.5 for 3.5 grams of flower, 30 for a bottle of 30 milliliters, 1 for a piece."),
    )  # fmt: skip
    days_supply = WholeNumberField(
        label=_("Days that one item lasts"), min_value=1, max_value=rules.MOST_DAYS, initial=30,
        help_text=_("The suggestion to the pharmacist for each order."),
    )  # fmt: skip

    def clean_report_code(self) -> str:
        code = self.cleaned_data["report_code"]
        self.ask(rules.check_report_code, code)
        return code


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


class ReportCodeFilter(admin.SimpleListFilter):
    title = _("product code")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("Missing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        return queryset.filter(report_code="") if self.value() == "none" else queryset


def _set_price(product: Product, request: SignedInRequest, price_cents: int) -> None:
    actions.save_product(sku=product.sku, price_cents=price_cents, by=request.user)


def plain_decimal(number: Decimal) -> str:
    """Return the number with up to three decimals and no zeros at its end: 3.5, 30."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def _as_typed(product: Product) -> dict[str, Any]:
    """Return the product as a person types it into the form."""
    typed = {name: getattr(product, name) for name in ProductForm.base_fields}
    weight = product.weight_mg and plain_decimal(Decimal(product.weight_mg) / 1000)
    return typed | {
        "price_cents": money(product.price_cents).removeprefix("$"),
        "weight_mg": weight,
        "report_quantity": plain_decimal(product.report_quantity),
    }


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
    list_display = ["sku", "named", "form", "price", "flower_equivalent", "stock", "low", "reported", "is_active"]
    list_filter = [LowStockFilter, ReportCodeFilter, "form", "is_active"]
    search_fields = ["sku", "name", "detail"]
    fields = readonly_fields = (
        "sku", "name", "detail", "description", "name_es", "detail_es", "description_es", "drawing", "color", "form",
        "price", "flower_equivalent", "weight_mg", "thc_mg", "cbd_mg", "stock", "low_stock_at", "lots", "is_inhaled",
        "report_code", "reported", "days_supply", "is_active",
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
            explain=lambda product: _(
                "The menu shows it beside the words. It takes the place of the drawing, or of an earlier photo."
            ),
            perform=lambda product, request, photo: actions.set_photo(product=product, photo=photo, by=request.user),
            form_class=PhotoForm,
        ),
        ActionPage(
            name="drop-photo",
            label=_("Take the photo off"),
            permission="delivery.change_product",
            offered=lambda product: hasattr(product, "photo"),
            explain=lambda product: _("The menu then shows the drawing again."),
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

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [{"label": _("Lots"), "url": reverse("admin:delivery_lot_changelist")}]

    @admin.display(description=_("name"), ordering="name")
    def named(self, product: Product) -> str:
        return product.full_name

    @admin.display(description=_("low"))
    def low(self, product: Product) -> str:
        return chip(gettext("Low"), LOOK) if product.is_low else ""

    @admin.display(description=_("reported as"), ordering="report_code")
    def reported(self, product: Product) -> str:
        if not product.report_code:
            return format_html('<span class="badge badge--missing">{}</span>', gettext("Code is missing"))
        if product.report_unit == Product.ReportUnit.EACH:
            count = product.report_quantity
            return ngettext("%(count)s piece", "%(count)s pieces", int(count)) % {"count": plain_decimal(count)}
        return f"{plain_decimal(product.report_quantity)} {product.get_report_unit_display()}"

    @admin.display(description=_("lots with stock"))
    def lots(self, product: Product) -> str:
        page = reverse("admin:delivery_stockmovement_lot")
        links = (
            (f"{page}?{urlencode({'sku': product.sku, 'lot': lot})}", lot, left)
            for lot, left in rules.lots_with_stock(product)
        )
        return format_html_join(", ", '<a href="{}">{}</a> ({})', links) or gettext("None")
