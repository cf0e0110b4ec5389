"""The list and the pages of orders in the admin, and the page on which staff take a call."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record
from audit.changelists import SessionChangeList, ShortPaginator, search_term
from audit.many_rows import RowInWords
from certification.admin.medical import sees_medical_words
from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.search import patients_called, people_called
from delivery import actions, rules
from delivery import phone as call
from delivery.admin import columns
from delivery.admin.order_action_pages import ORDER_ACTION_PAGES, ConfirmForm
from delivery.admin.order_export import ORDER_EXPORT
from delivery.admin.packing_pages import ShortageInline
from delivery.models import Order
from delivery.models.orders import OrderQuerySet
from delivery.models.questions import COUNTS, ENDS_BEFORE_DELIVERY, IS_BEFORE_DEPARTURE, IS_OPEN, OPEN
from delivery.presenters.staff.corrections import AfterDelivery, after_delivery
from delivery.presenters.staff.evidence import Sight
from delivery.presenters.staff.order_bodies import order_bodies
from delivery.presenters.staff.order_list import SHOWN, OrderRow, WindowGroup, order_groups, order_rows
from delivery.presenters.staff.review import order_review
from ui.errors import PortalError, add_to_form
from ui.forms import DateBoxesField, PortalForm
from ui.search_terms import SearchTerm
from ui.templatetags.portal import money

# What the links of the start page ask for, and the filter offers to nobody else.
OF_START_PAGE = {
    "place": (COUNTS, _("Takes up a place")),
    "due": (~Q(status__in=[Order.Status.CANCELLED, Order.Status.REFUSED]), _("Meant for delivery")),
    "no-run": (Q(IS_OPEN, run__isnull=True), _("Open, in no run")),
    "brought": (Q(status__in=[Order.Status.DELIVERED, Order.Status.RETURNED]), _("Delivered or returned")),
}
MOST_PEOPLE = 500  # that a search finds, and as many open orders


def first_status(user: User | AnonymousUser) -> str:
    """Return the status of the orders that wait for the account: to pack for who packs alone, to review for others."""
    packs_alone = user.has_perm("delivery.pack_order") and not user.has_perm("delivery.confirm_order")
    return Order.Status.CONFIRMED if packs_alone else Order.Status.PLACED


def orders_waiting_for(user: User | AnonymousUser) -> OrderQuerySet:
    """Return the orders with which the list begins for the account."""
    return Order.objects.filter(status=first_status(user))


def sees_allotments(user: User | AnonymousUser) -> bool:
    """Return whether the account may know what is left of a patient's allotment."""
    return user.has_perm("delivery.view_allotmententry")


def sight_of(user: User) -> Sight:
    """Return what the account may know of a patient on the page of an order."""
    certification = user.has_perm("certification.view_certification")
    assessments = user.has_perm("dispensing.view_selfassessment")
    return Sight(
        certification=certification,
        birth_date=user.has_perm("certification.view_patient"),
        directions=certification and sees_medical_words(user),
        allotment=sees_allotments(user),
        assessments=assessments,
        assessment_words=assessments and sees_medical_words(user),
    )


def is_sorted_by_window(request: HttpRequest) -> bool:
    """Return whether the list shows open orders, which stand by window; past ones stand latest first."""
    by_window = {None, *OPEN, "open", "place", "no-run", "ends-before"}
    return request.GET.get(WaitingFilter.parameter_name) in by_window and not search_term(request, Order)


def _details(row: OrderRow) -> str:
    flags = [flag.words for flag in row.flags]
    return " · ".join([columns.when(row.window), row.receiver, money(row.total_cents), *flags])


def _cared_for(term: str, *, is_day: bool) -> list[int]:
    """Return the ids of the patients whose caregiver a search finds by name, phone or number."""
    if is_day:
        return []  # not everybody here may read birth dates
    caregivers = Caregiver.objects.filter(people_called(term)).order_by("-pk").values_list("pk", flat=True)
    acting = CaregiverAssignment.objects.filter(caregiver__in=list(caregivers[:MOST_PEOPLE]), ended_date=None)
    return list(acting.order_by("-pk").values_list("patient", flat=True)[:MOST_PEOPLE])


class CallForm(PortalForm):
    number = forms.CharField(label=_("Number of the card"), max_length=20, help_text=_("Like P-7KQ4-M2XP."))
    name = forms.CharField(label=_("First and last name"), max_length=200)
    birth_date = DateBoxesField(label=_("Date of birth"), past_only=True)


class WaitingFilter(admin.SimpleListFilter):
    """Begins with the orders that wait for the reader; a search looks through all orders."""

    title = _("status")
    parameter_name = "status"
    more_values = (Order.Status.PLACED, "open", *OF_START_PAGE, "ends-before", "all")
    shown: str = Order.Status.PLACED

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, label) for value, label in Order.Status.choices if value not in ("cart", "placed")]

    def value_in(self, request: HttpRequest) -> str:
        """Return the status whose orders are shown, or "all"."""
        return self.value() or ("all" if search_term(request, Order) else first_status(request.user))

    def choices(self, changelist: Any) -> Iterator[Any]:
        begin = [
            (Order.Status.PLACED, _("Waiting")),
            ("open", _("Open")),
            *((value, words) for value, (_rows, words) in OF_START_PAGE.items() if value == self.shown),
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
        if self.shown in OF_START_PAGE:
            return queryset.filter(OF_START_PAGE[self.shown][0])
        if self.shown == "open":
            return queryset.filter(IS_OPEN)
        return queryset if self.shown == "all" else queryset.filter(status=self.shown)


class OrderChangeList(SessionChangeList):
    """The list with its rows in words: by window where it is sorted so."""

    groups: list[WindowGroup]
    is_by_window = False

    def rows(self, request: HttpRequest, keys: list[int]) -> QuerySet[Order]:
        return super().rows(request, keys).only(*SHOWN)

    def get_results(self, request: HttpRequest) -> None:
        self.queryset = self.queryset.only(*SHOWN)
        super().get_results(request)
        self.is_by_window = is_sorted_by_window(request) and "o" not in request.GET
        self.groups = order_groups(list(self.result_list), shows_allotment=sees_allotments(request.user))


@admin.register(Order)
class OrderAdmin(ActionAdmin):
    """The orders by window, and a page of each with what its reader needs.

    Technicians read who receives it, where, and what to pack, and nothing of the certification. The evidence is for
    those who may read certifications, birth dates or allotments. Drivers have pages of their own.
    """

    change_list_template = "admin/delivery/order/change_list.html"
    change_form_template = "admin/delivery/order/change_form.html"

    list_display = ["number", "when", "subtotal", "status"]  # what the list can be sorted by
    list_display_links = None
    list_filter = [
        WaitingFilter, ("declined_at", admin.EmptyFieldListFilter), ("taken_in_at", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_lookups = ("window", "window__date", "run", "lines__product")  # of the staff's start page
    list_select_related = ["window", "patient", "policy", "certification"]
    paginator = ShortPaginator
    search_fields = ["number"]  # so that the box is there; what it finds, get_search_results says
    search_help_text = _("Order number, or name, phone or number of the patient or the caregiver")
    fields = readonly_fields = ("number", "status", "assisted_by", "placed_by")
    inlines = [ShortageInline]
    subtotal = columns.amount("subtotal_cents", _("total"))
    action_pages = ORDER_ACTION_PAGES
    export = ORDER_EXPORT

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> Any:
        """Return what is short only where something is."""
        return [each for each in self.inlines if each is not ShortageInline or (obj and obj.shortages.exists())]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.phone_view)
        return [path("phone/", view, name=self._url_name("phone")), *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        if not request.user.has_perm("delivery.add_order"):
            return []
        return [{"label": _("Order by phone"), "url": reverse(f"admin:{self._url_name('phone')}")}]

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
        return cast("OrderQuerySet", super().get_queryset(request)).placed()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OrderChangeList]:
        return OrderChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if isinstance(changelist := context.get("cl"), OrderChangeList):
            context["bodies"] = order_bodies(
                changelist.groups,
                url_of_zero=add_preserved_filters(context, reverse(f"admin:{self._url_name('change')}", args=[0])),
                has_box=bool(context["action_form"]),
                has_counts=changelist.is_by_window,
            )
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        review = order_review(obj, sight=sight_of(cast(User, request.user)), now=timezone.now())
        if review.shows_told:
            record(action="assessment.view", by=cast(User, request.user), subject=obj.patient)
        next_pk = review.place.next_pk
        address = next_pk and reverse(f"admin:{self._url_name('change')}", args=[next_pk])
        more = {
            "review": review,
            "confirm_form": ConfirmForm(),
            "after": self._after_delivery(request, obj),
            "next_url": self.with_filters(request, address) if address else "",
        }
        return super().render_change_form(request, {**context, **more}, *args, **{**kwargs, "obj": obj})

    def _after_delivery(self, request: HttpRequest, order: Order) -> AfterDelivery | None:
        if not request.user.has_perm("delivery.view_handovercorrection"):
            return None
        return after_delivery(order, may_correct=request.user.has_perm(rules.CORRECT))

    def rows_in_words(self, rows: list[Order], request: HttpRequest) -> list[RowInWords]:
        """Return number and name, and then window, receiver, total and flags: an order with a question stands out."""
        in_words = order_rows(rows, shows_allotment=sees_allotments(request.user))
        return [RowInWords(row.pk, f"{row.number}, {row.patient}", _details(row)) for row in in_words]

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Sort open orders by window, and all orders by key, the latest first: nobody sorts a million rows."""
        return ["window__date", "window__starts", "placed_at", "pk"] if is_sorted_by_window(request) else ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find people first, then their orders by index; find the phone for the driver in open orders alone."""
        if not search_term:
            return queryset, False
        read = SearchTerm(search_term)
        if (number := read.number("D")) and any(map(str.isdigit, number)):  # nobody is called so
            return queryset.filter(number=number), False
        called = Q(pk__in=[]) if read.day else patients_called(search_term)  # not everybody here may read birth dates
        people = Patient.objects.filter(called).order_by("-pk").values_list("pk", flat=True)
        found = Q(patient__in=[*people[:MOST_PEOPLE], *_cared_for(search_term, is_day=bool(read.day))])
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
