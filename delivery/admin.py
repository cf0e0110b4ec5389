import re

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ReasonForm, Step
from delivery import actions
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, StockMovement
from delivery.rules import ALLOWED_TRANSITIONS, looks_like_business
from ui.forms import DollarsField, PortalForm, WholeNumberField
from ui.templatetags.portal import clock, grams, money, phone

ORDER_NUMBER = re.compile(r"D?([2-9A-HJ-NP-Z]{4})([2-9A-HJ-NP-Z]{4})")


def amount(name, description):
    """A column of cents as $83.50."""
    return admin.display(description=description, ordering=name)(lambda _admin, row: money(getattr(row, name)))


def equivalent():
    shown = admin.display(description=_("flower equivalent"), ordering="amount_mg")
    return shown(lambda _admin, row: grams(row.amount_mg))


# --- Orders ---------------------------------------------------------------------------------------------------------


class WaitingFilter(admin.SimpleListFilter):
    """Opens on what waits for us; a search looks through all orders."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [(value, label) for value, label in Order.Status.choices if value not in ("cart", "placed")]

    def value_in(self, request):
        return self.value() or ("all" if request.GET.get("q") else Order.Status.PLACED)

    def choices(self, changelist):
        self.shown = getattr(self, "shown", Order.Status.PLACED)
        waiting, everything = (Order.Status.PLACED, _("Waiting")), ("all", _("All"))
        for value, label in (waiting, *self.lookup_choices, everything):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == self.shown, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        self.shown = self.value_in(request)
        return queryset if self.shown == "all" else queryset.filter(status=self.shown)


class LineInline(admin.TabularInline):
    model = OrderLine
    fields = readonly_fields = ["product_name", "quantity", "unit_price", "flower_equivalent"]
    extra = 0
    can_delete = False
    unit_price = amount("unit_price_cents", _("each"))
    flower_equivalent = equivalent()

    @admin.display(description=_("product"))
    def product_name(self, line):
        return line.product.name

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("product")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("delivery.view_order")

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


def _when(window):
    times = {"day": date_format(window.date, "D, M j, Y"), "starts": clock(window.starts), "ends": clock(window.ends)}
    return _("%(day)s, %(starts)s to %(ends)s") % times


def _offered(status):
    return lambda order: status in ALLOWED_TRANSITIONS[Order.Status(order.status)]


def _about(order):
    words = {
        "number": order.number,
        "window": _when(order.window),
        "total": money(order.subtotal_cents),
        "where": f"{order.street_address}, {order.town}",
    }
    return _("Order %(number)s for %(window)s, %(total)s, to %(where)s.") % words


def _explain_confirmation(order):
    return f"{_about(order)}\n" + str(_("It becomes confirmed, and the person who ordered gets a mail that says so."))


def _explain_refusal(order):
    return f"{_about(order)}\n" + str(
        _("Its place, stock and allotment are given back. The person who ordered gets a mail, and reads your reason.")
    )


@admin.register(Order)
class OrderAdmin(ActionAdmin):
    """What a driver or a technician needs, and nothing of the certification."""

    list_display = ["number", "when", "patient_number", "subtotal", "status"]
    list_display_links = ["number"]
    list_filter = [WaitingFilter]
    list_select_related = ["window", "patient"]
    ordering = ["window__date", "window__starts", "placed_at"]
    search_fields = ["number"]
    search_help_text = _("Order number, or phone in any format")
    fields = readonly_fields = [
        "number", "status", "when", "patient_number", "patient_name", "street_address", "town",
        "reads_like_a_business", "contact_phone", "payment_method", "subtotal", "flower_equivalent", "placed_at",
        "confirmed_at", "ended_at", "ended_reason",
    ]  # fmt: skip
    inlines = [LineInline]
    subtotal = amount("subtotal_cents", _("total"))
    flower_equivalent = equivalent()
    steps = (
        Step(
            name="confirm",
            label=_("Confirm"),
            permission="delivery.change_order",
            offered=_offered(Order.Status.CONFIRMED),
            explain=_explain_confirmation,
            perform=lambda order, request: actions.confirm_order(order=order, by=request.user),
        ),
        Step(
            name="refuse",
            label=_("Refuse"),
            permission="delivery.change_order",
            offered=_offered(Order.Status.REFUSED),
            explain=_explain_refusal,
            perform=lambda order, request, reason: actions.refuse_order(order=order, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).placed()

    def get_search_results(self, request, queryset, search_term):
        digits = re.sub(r"[\s().+-]", "", search_term).removeprefix("1")
        if re.fullmatch(r"[0-9]{4,10}", digits):
            return queryset.filter(phone__endswith=digits) | queryset.filter(patient__phone__endswith=digits), False
        if match := ORDER_NUMBER.fullmatch(re.sub(r"[\s-]", "", search_term.upper())):
            return queryset.filter(number="-".join(("D", *match.groups()))), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("window"), ordering="window__date")
    def when(self, order):
        return _when(order.window)

    @admin.display(description=_("patient"), ordering="patient__number")
    def patient_number(self, order):
        return order.patient.number

    @admin.display(description=_("name"))
    def patient_name(self, order):
        return order.patient.name

    @admin.display(description=_("phone"))
    def contact_phone(self, order):
        return phone(order.phone)

    @admin.display(description=_("reads like a business"))
    def reads_like_a_business(self, order):
        return _("Yes: ask before confirming") if looks_like_business(order.street, order.unit) else _("No")


# --- Products and stock ---------------------------------------------------------------------------------------------


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
    price = amount("price_cents", _("price"))
    flower_equivalent = equivalent()
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


@admin.register(StockMovement)
class StockMovementAdmin(ActionAdmin):
    list_display = ["created_at", "product", "kind", "quantity", "lot", "order", "by", "reason"]
    list_filter = ["kind"]
    list_select_related = ["product", "order", "by"]
    search_fields = ["product__sku", "lot", "order__number"]
    ordering = ["-pk"]


# --- Windows and terms ----------------------------------------------------------------------------------------------


class UpcomingFilter(admin.SimpleListFilter):
    """Opens on the windows to come."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("past", _("Past")), ("all", _("All"))]

    def choices(self, changelist):
        for value, label in ((None, _("To come")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        today = timezone.localdate()
        if self.value() == "all":
            return queryset
        return queryset.filter(date__lt=today) if self.value() == "past" else queryset.filter(date__gte=today)


@admin.register(DeliveryWindow)
class DeliveryWindowAdmin(ActionAdmin):
    list_display = ["code", "date", "starts", "ends", "places", "is_open"]
    list_filter = [UpcomingFilter]
    ordering = ["date", "starts"]

    @admin.display(description=_("booked"), ordering="booked")
    def places(self, window):
        return _("%(booked)d of %(capacity)d") % {"booked": window.booked, "capacity": window.capacity}


@admin.register(DeliveryPolicy)
class DeliveryPolicyAdmin(ActionAdmin):
    list_display = ["effective_date", "weekday", "minimum", "lead_hours", "capacity", "radius_miles", "allotment_days"]
    minimum = amount("minimum_cents", _("minimum"))
