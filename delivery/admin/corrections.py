"""The list of corrections, and the page on which a hand-over is corrected, with a preview."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record
from audit.exports import Column, Export, dollars, moment
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.correction_forms import CorrectionForm
from delivery.models import HandOver, HandOverCorrection, ItemReport
from delivery.presenters.staff.corrections import corrections_of, will_change
from ui.errors import PortalError, add_to_form

EXPORT = Export(
    "corrections",
    columns=(
        Column("order", "hand_over__order__number"), Column("kind", "kind"), Column("sku", "line__product__sku"),
        Column("quantity", "quantity"), dollars("given back", "cents"), Column("how", "method"),
        Column("paid on", "paid_date"), Column("run", "run__number"), Column("goods", "goods"), Column("lot", "lot"),
        Column("given instead", "product__sku"), Column("its lot", "product_lot"), Column("account", "by__email"),
        moment("entered", "created_at"), Column("reason", "reason"),
    ),
)  # fmt: skip


@admin.register(HandOverCorrection)
class HandOverCorrectionAdmin(ActionAdmin):
    list_display = ["order_number", "kind", "product_name", "quantity", "given_back", "method", "paid_date", "of_run"]
    list_filter = ["kind", "method"]
    list_lookups = ("paid_date",)
    list_select_related = ["hand_over__order", "line__product", "run__window"]
    search_fields = ["hand_over__order__number"]
    search_help_text = _("Order number")
    ordering = ["-pk"]
    fields = readonly_fields = (
        "order_number", "kind", "product_name", "quantity", "given_back", "method", "paid_date", "of_run", "goods",
        "lot", "product", "product_lot", "reason", "by", "created_at",
    )  # fmt: skip
    export = EXPORT
    given_back = columns.amount("cents", _("given back"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.correct_view)
        return [path("correct/<slug:number>/", view, name=self._url_name("correct")), *super().get_urls()]

    @admin.display(description=_("order"))
    def order_number(self, row: HandOverCorrection) -> str:
        return str(row.hand_over.order)

    @admin.display(description=_("product"))
    def product_name(self, row: HandOverCorrection) -> str:
        return row.line.product.full_name

    @admin.display(description=_("paid by"))
    def of_run(self, row: HandOverCorrection) -> str:
        if not row.cents:
            return ""
        return f"{row.run}" if row.run else gettext("the till")

    # --- Correcting -------------------------------------------------------------------------------------------------

    def correct_view(self, request: SignedInRequest, number: str) -> HttpResponse:
        """Ask for refunds and exchanges of an order, show what they will change, and enter them."""
        if not request.user.has_perm(rules.CORRECT):
            raise PermissionDenied
        hand_over = _hand_over_of(number)
        order = hand_over.order
        report = _report_of(request, hand_over)
        form = CorrectionForm(request.POST if request.method == "POST" else None, hand_over=hand_over, report=report)
        changes: list[str] = []
        if form.is_valid():
            try:
                if "correct" in request.POST and request.POST.get("previewed") == form.digest:
                    self._correct(request, form)
                    return HttpResponseRedirect(reverse("admin:delivery_order_change", args=[order.pk]))
                changes = _preview(form)
            except PortalError as error:
                add_to_form(form, error)
        record(action="order.view", by=request.user, subject=order)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Correct order %(number)s") % {"number": order.number},
            "form": form,
            "hand_over": hand_over,
            "order": order,
            "report": report,
            "changes": changes,
            "earlier": corrections_of(order),
        }
        return TemplateResponse(request, "admin/delivery/handovercorrection/correct.html", context)

    def _correct(self, request: SignedInRequest, form: CorrectionForm) -> None:
        actions.correct_hand_over(
            hand_over=form.hand_over,
            lines=form.corrections,
            method=form.cleaned_data["method"],
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"],
            entry_key=form.cleaned_data["entry_key"],
            report=form.report,
            by=request.user,
        )
        messages.success(request, gettext("Order %(number)s is corrected.") % {"number": form.hand_over.order.number})


def _hand_over_of(number: str) -> HandOver:
    rows = HandOver.objects.select_related("order__window", "order__patient", "order__placed_by", "run__window")
    found = rows.defer("id_number").filter(order__number=number.upper()).first()
    if found is None:
        raise Http404
    return found


def _report_of(request: HttpRequest, hand_over: HandOver) -> ItemReport | None:
    """Return the report that the address names, while it waits for an answer."""
    key = request.GET.get("report", "")
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    return hand_over.order.reports.waiting().select_related("line__product").filter(pk=int(key)).first()


def _preview(form: CorrectionForm) -> list[str]:
    """Ask the rules of the action, and return what it will change."""
    rules.check_is_as_seen(form.hand_over, form.cleaned_data["seen"])
    rules.check_corrections(form.hand_over, form.corrections, method=form.cleaned_data["method"])
    return will_change(form.hand_over, form.corrections, method=form.cleaned_data["method"])
