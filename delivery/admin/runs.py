"""The runs in the admin, and the page on which a Manager plans the runs of a window."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import HtmxRequest, SignedInRequest
from audit.action_admin import ActionPage, RowsInline
from audit.actions import record
from audit.exports import Column, Export, dollars, moment
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.paper import PaperPages
from delivery.admin.print_pack import PrintPackPages
from delivery.admin.run_forms import SettleForm, drivers
from delivery.admin.run_plan import PlanPage
from delivery.admin.settling import SettlingPages, settling_words
from delivery.models import DeliveryWindow, Order, Run
from delivery.presenters.runs import plan_of, staff_name
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm
from ui.templatetags.portal import money

EXPORT = Export(
    "runs",
    columns=(
        Column("day", "window__date"), Column("window", "window__starts"), Column("run", "number"),
        Column("driver", "driver__email"), Column("vehicle", "vehicle"), moment("left", "opened_at"),
        moment("settled", "closed_at"), dollars("cash counted, without tips", "cash_counted_cents"),
        Column("why it differs", "difference_reason"),
    ),
)  # fmt: skip
WINDOWS_OFFERED = 6  # on the list of runs: those of the next delivery days


class SettledFilter(admin.SimpleListFilter):
    """Begins with the runs that are not settled."""

    title = _("settled")
    parameter_name = "settled"
    more_values = ("driven",)  # a link of the start page, which counts no run without orders

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Settled")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        driven = [("driven", _("With orders"))] if self.value() == "driven" else []
        for value, label in ((None, _("Not settled")), *driven, *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("all", "driven"):
            return queryset.filter(order_count__gt=0) if self.value() == "driven" else queryset
        return queryset.filter(closed_at__isnull=self.value() != "yes")


class StopInline(RowsInline):
    model = Order
    verbose_name_plural = _("orders")
    fields = readonly_fields = ("position", "number", "patient_name", "street_address", "town", "subtotal", "status")
    joined = ("patient",)
    ordering = ("position",)
    subtotal = columns.amount("subtotal_cents", _("total"))

    @admin.display(description=_("patient"))
    def patient_name(self, order: Order) -> str:
        return order.patient.name


def _explain_settling(run: Run) -> str:
    return gettext("Count the cash without the tips. Nothing about the run can be changed afterwards.")


@admin.register(Run)
class RunAdmin(PaperPages, SettlingPages, PrintPackPages):
    change_list_template = "admin/delivery/run/change_list.html"
    list_display = ["name", "when", "driver_name", "vehicle", "orders_in_it", "opened_at", "closed_at"]
    list_display_links = ["name"]
    list_filter = [SettledFilter]
    list_lookups = ("window", "window__date")
    export = EXPORT
    list_select_related = ["window", "driver"]
    ordering = ["window__date", "window__starts", "number"]
    fields = readonly_fields = (
        "name", "when", "driver_name", "vehicle", "opened_at", "cash_due", "debit_paid", "tips", "refunds",
        "cash_counted", "difference_reason", "closed_at",
    )  # fmt: skip
    action_pages = (
        ActionPage(
            name="settle",
            label=_("Settle"),
            permission="delivery.change_run",
            offered=lambda run: not run.is_closed and run.opened_at is not None,
            explain=_explain_settling,
            perform=lambda run, request, cash_counted_cents, reason: actions.settle_run(
                run=run, cash_counted_cents=cash_counted_cents, reason=reason, by=request.user
            ),
            form_class=SettleForm,
            template="admin/delivery/run/settle.html",
            more=settling_words,
            is_main=True,
        ),
    )
    inlines = [StopInline]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.plan_view)
        return [path("plan/<int:window_id>/", view, name=self._url_name("plan")), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(order_count=Count("orders"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        coming = DeliveryWindow.objects.filter(date__gte=timezone.localdate(), booked__gt=0)[:WINDOWS_OFFERED]
        offered = [(columns.when(window), reverse("admin:delivery_run_plan", args=[window.pk])) for window in coming]
        return super().changelist_view(request, {**(extra_context or {}), "windows": offered})

    def row_links(self, request: HttpRequest, obj: Run) -> list[dict[str, Any]]:
        may_change = request.user.has_perm("delivery.change_run")
        may_type = request.user.has_perm("delivery.add_handover") and obj.driver_id and not obj.is_closed
        pages = [
            (may_change, _("Plan the runs of this window"), "plan", obj.window_id),
            (may_change and obj.opened_at, _("Settling sheet (PDF)"), "settling", obj.pk),
            (may_type, _("Type in from paper"), "paper", obj.pk),
        ]
        return [
            {"label": label, "url": reverse(f"admin:{self._url_name(name)}", args=[key])}
            for is_offered, label, name, key in pages
            if is_offered
        ]

    @admin.display(description=_("name"), ordering="number")
    def name(self, run: Run) -> str:
        return run.name

    @admin.display(description=_("window"), ordering="window__date")
    def when(self, run: Run) -> str:
        return columns.when(run.window)

    @admin.display(description=_("driver"))
    def driver_name(self, run: Run) -> str:
        return staff_name(run.driver) or gettext("Nobody yet")

    @admin.display(description=_("cash for the orders"))
    def cash_due(self, run: Run) -> str:
        return money(rules.takings_of(run).expected_cash_cents)

    @admin.display(description=_("paid by card"))
    def debit_paid(self, run: Run) -> str:
        return money(rules.takings_of(run).debit_cents)

    @admin.display(description=_("tips, apart"))
    def tips(self, run: Run) -> str:
        return money(rules.takings_of(run).tip_cents)

    @admin.display(description=_("refunds"))
    def refunds(self, run: Run) -> str:
        refunds_cents = rules.takings_of(run).refunds_cents
        return money(refunds_cents) if refunds_cents else ""

    @admin.display(description=_("cash counted"))
    def cash_counted(self, run: Run) -> str:
        return "" if run.cash_counted_cents is None else money(run.cash_counted_cents)

    @admin.display(description=_("orders"))
    def orders_in_it(self, run: Any) -> int:
        return run.order_count

    # --- Planning ---------------------------------------------------------------------------------------------------

    def plan_view(self, request: HtmxRequest, window_id: int) -> HttpResponse:
        """Show the orders of a window with and without a run; a POST changes one run, or asks for all to be planned.

        While a worker plans, htmx asks again each second; without JavaScript there is a link.
        """
        if not request.user.has_perm("delivery.change_run"):
            raise PermissionDenied
        window = DeliveryWindow.objects.filter(pk=window_id).first()
        if window is None:
            raise Http404
        able = list(drivers())
        plan = plan_of(window, able)
        if request.htmx:
            return HttpResponse(status=204) if plan.is_being_made else HttpResponseClientRedirect(request.path)
        page = PlanPage(plan, request.POST, able)
        form = page.posted
        if form is not None and form.is_valid() and self._change(request, page, form):
            return HttpResponseRedirect(request.path)
        record(action="run.list", by=request.user)
        title = gettext("Runs of %(window)s") % {"window": columns.when(window)}
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": title, "plan": plan, "page": page,
        }  # fmt: skip
        return TemplateResponse(request, "admin/delivery/run/plan.html", context)

    def _change(self, request: SignedInRequest, page: PlanPage, form: PortalForm) -> bool:
        try:
            done = page.perform(form, by=request.user)
        except PortalError as error:
            add_to_form(form, error)
            return False
        if done:
            messages.success(request, done)
        return True
