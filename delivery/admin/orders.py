"""The list and the pages of orders in the admin, and the page on which staff take a call."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, RowsInline
from audit.changelists import ShortPaginator, search_term
from certification.models import Patient
from certification.search import patients_called
from delivery import actions
from delivery import phone as call
from delivery.admin import columns
from delivery.admin.order_action_pages import ORDER_ACTION_PAGES
from delivery.admin.order_words import lots_in_words
from delivery.admin.packing_pages import ShortageInline
from delivery.models import Order, OrderLine
from delivery.models.orders import OrderQuerySet
from delivery.models.questions import ENDS_BEFORE_DELIVERY, IS_BEFORE_DEPARTURE, IS_OPEN, OPEN
from delivery.rules import looks_like_business, orders_of_same_stop
from ui.errors import PortalError, add_to_form
from ui.forms import DateBoxesField, PortalForm
from ui.search_terms import SearchTerm
from ui.templatetags.portal import phone

MOST_PEOPLE = 500  # that a search finds, and as many open orders


def sees_every_order(user: User | AnonymousUser) -> bool:
    """Return whether the account may see all orders, past ones too; a Driver sees the orders to be driven soon."""
    return user.has_perm("delivery.view_every_order")


class CallForm(PortalForm):
    number = forms.CharField(label=_("Number of the card"), max_length=20, help_text=_("Like P-7KQ4-M2XP."))
    name = forms.CharField(label=_("First and last name"), max_length=200)
    birth_date = DateBoxesField(label=_("Date of birth"), past_only=True)


class WaitingFilter(admin.SimpleListFilter):
    """Begins with the orders that staff have to review; a search looks through all orders."""

    title = _("status")
    parameter_name = "status"
    more_values = (Order.Status.PLACED, "open", "ends-before", "all")
    shown: str = Order.Status.PLACED

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, label) for value, label in Order.Status.choices if value not in ("cart", "placed")]

    def value_in(self, request: HttpRequest) -> str:
        """Return the status whose orders are shown, or "all"."""
        return self.value() or ("all" if search_term(request, Order) else Order.Status.PLACED)

    def choices(self, changelist: Any) -> Iterator[Any]:
        begin = [
            (Order.Status.PLACED, _("Waiting")),
            ("open", _("Open")),
            ("ends-before", _("Certification ends before delivery")),
        ]
        for value, label in (*begin, *self.lookup_choices, ("all", _("All"))):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == self.shown, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        self.shown = self.value_in(request)
        if self.shown == "ends-before":
            to_come = Q(IS_BEFORE_DEPARTURE, window__date__gte=timezone.localdate())
            return queryset.filter(to_come, ENDS_BEFORE_DELIVERY)
        if self.shown == "open":
            return queryset.filter(IS_OPEN)
        return queryset if self.shown == "all" else queryset.filter(status=self.shown)


class LineInline(RowsInline):
    model = OrderLine
    fields = readonly_fields = (
        "product_name",
        "quantity",
        "unit_price",
        "flower_equivalent",
        "lots",
    )
    joined = ("product", "order")
    unit_price = columns.amount("unit_price_cents", _("each"))
    flower_equivalent = columns.equivalent()

    @admin.display(description=_("product"))
    def product_name(self, line: OrderLine) -> str:
        return line.product.name

    @admin.display(description=_("take from lot"))
    def lots(self, line: OrderLine) -> str:
        return lots_in_words(line)


@admin.register(Order)
class OrderAdmin(ActionAdmin):
    """Shows what a driver or a technician needs, and nothing of the certification."""

    change_list_template = "admin/delivery/order/change_list.html"

    list_display = ["number", "when", "patient_number", "subtotal", "status", "notes"]
    list_display_links = ["number"]
    list_filter = [WaitingFilter, ("declined_at", admin.EmptyFieldListFilter)]
    list_lookups = ("window", "window__date")  # of the staff's start page
    list_select_related = ["window", "patient"]
    paginator = ShortPaginator
    search_fields = ["number"]  # so that the box is there; what it finds, get_search_results says
    search_help_text = _("Order number, or name, phone or number of the patient")
    fields = readonly_fields = (
        "number", "status", "when", "patient_number", "patient_name", "street_address", "town",
        "reads_like_a_business", "same_stop", "assisted_by", "contact_phone",
        "payment_method", "subtotal", "flower_equivalent", "placed_at",
        "confirmed_at", "packed_at", "declined_at", "ended_at", "ended_reason",
    )  # fmt: skip
    inlines = [LineInline, ShortageInline]
    subtotal = columns.amount("subtotal_cents", _("total"))
    flower_equivalent = columns.equivalent()
    action_pages = ORDER_ACTION_PAGES

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> Any:
        """Return what is short only where something is."""
        return [each for each in self.inlines if each is not ShortageInline or (obj and obj.shortages.exists())]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.phone_view)
        return [path("phone/", view, name=self._url_name("phone")), *super().get_urls()]

    def phone_view(self, request: SignedInRequest) -> HttpResponse:
        """Ask the caller for three answers; staff then order on the same pages as an orderer."""
        if not request.user.has_perm("delivery.add_order"):
            raise PermissionDenied
        form = CallForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._answer(request, form):
            return HttpResponseRedirect(reverse("delivery:product-list"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Order by phone"),
            "form": form,
        }
        return TemplateResponse(request, "admin/delivery/order/phone.html", context)

    def _answer(self, request: SignedInRequest, form: CallForm) -> bool:
        try:
            caller = actions.answer_call(
                number=form.cleaned_data["number"],
                name=form.cleaned_data["name"],
                birth_date=form.cleaned_data["birth_date"],
                by=request.user,
            )
        except PortalError as error:
            add_to_form(form, error)
            return False
        call.begin(request, caller)
        return True

    def get_queryset(self, request: HttpRequest) -> OrderQuerySet:
        orders = cast("OrderQuerySet", super().get_queryset(request)).placed()
        return orders if sees_every_order(request.user) else orders.for_drivers(timezone.localdate(), request.user)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return no filters for Drivers: their list is short."""
        return super().get_list_filter(request) if sees_every_order(request.user) else []

    def get_search_fields(self, request: HttpRequest) -> list[str] | tuple[str, ...]:
        """Return no search for Drivers: what they need is on the list."""
        return super().get_search_fields(request) if sees_every_order(request.user) else []

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Sort open orders by window, and all orders by key, the latest first: nobody sorts a million rows."""
        by_window = {None, *OPEN, "open", "ends-before"}
        if request.GET.get(WaitingFilter.parameter_name) in by_window and not search_term(request, Order):
            return ["window__date", "window__starts", "placed_at"]
        return ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find people first, then their orders by index; find the phone for the driver in open orders alone."""
        if not search_term or not sees_every_order(request.user):
            return queryset, False
        read = SearchTerm(search_term)
        called = Q(pk__in=[]) if read.day else patients_called(search_term)  # not everybody here may read birth dates
        people = Patient.objects.filter(called).order_by("-pk").values_list("pk", flat=True)
        found = Q(patient__in=list(people[:MOST_PEOPLE]))
        if digits := read.phone_end:
            open_orders = Order.objects.open().filter(phone__endswith=digits).values_list("pk", flat=True)
            found |= Q(pk__in=list(open_orders[:MOST_PEOPLE]))  # in all orders the database would read every row
        if number := read.number("D", needs_letter=False):
            found |= Q(number=number)
        return queryset.filter(found), False

    @admin.display(description=_("window"), ordering="window__date")
    def when(self, order: Order) -> str:
        assert order.window is not None  # the admin shows no carts
        return columns.when(order.window)

    @admin.display(description=_("patient"), ordering="patient__number")
    def patient_number(self, order: Order) -> str:
        return order.patient.number

    @admin.display(description=_("note"))
    def notes(self, order: Order) -> str:
        declined = [gettext("Cannot take it")] if order.declined_at else []
        return ", ".join(declined + ([gettext("By phone")] if order.assisted_by_id else []))

    @admin.display(description=_("same stop"))
    def same_stop(self, order: Order) -> str:
        numbers = orders_of_same_stop(order).values_list("number", flat=True)
        return ", ".join(map(str, numbers)) or gettext("None")

    @admin.display(description=_("name"))
    def patient_name(self, order: Order) -> str:
        return order.patient.name

    @admin.display(description=_("phone"))
    def contact_phone(self, order: Order) -> str:
        return phone(order.phone)

    @admin.display(description=_("reads like a business"))
    def reads_like_a_business(self, order: Order) -> str:
        is_business = looks_like_business(order.street, order.unit)
        return gettext("Yes: ask before confirming") if is_business else gettext("No")
