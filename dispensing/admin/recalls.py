"""Recalls: staff trace a lot, start its recall, follow the people who got some of it, and end it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage, Preview
from audit.actions import record
from delivery.models import Product
from delivery.presenters.runs import staff_name
from dispensing import actions, rules
from dispensing.forms import USUAL_INSTRUCTIONS
from dispensing.models import Recall
from dispensing.models.recalls import RecallQuerySet
from dispensing.presenters.recalls import MOST_SHOWN, places_of, preview_notes, preview_rows, progress_of
from ui.agreement import AGREED
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm, SpanishField

STARTS, ENDS, SEES_PEOPLE = "dispensing.add_recall", "dispensing.change_recall", "dispensing.view_recalledperson"


class LotForm(PortalForm):
    lot_number = forms.CharField(
        label=_("Lot"), max_length=40, error_messages={"required": _("Enter the number of the lot.")},
        help_text=_("As the label has it. Other capitals, spaces and hyphens are found, too."),
    )  # fmt: skip
    product = forms.ModelChoiceField(
        label=_("Product"), queryset=Product.objects.order_by("name"), required=False,
        empty_label=_("Every product that has this lot"),
    )  # fmt: skip


class StartForm(LotForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=rules.MOST_RECALL_REASON, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Patients read it, for example: It may hold mold."),
    )  # fmt: skip
    instructions = forms.CharField(
        label=_("What to do"), max_length=rules.MOST_INSTRUCTIONS, widget=forms.Textarea(attrs={"rows": 3}),
        initial=USUAL_INSTRUCTIONS,
        help_text=_("Patients read it. The usual words are translated; write others in Spanish below."),
    )  # fmt: skip

    reason_es = SpanishField(label=_("Reason in Spanish"), max_length=rules.MOST_RECALL_REASON, rows=2)
    instructions_es = SpanishField(label=_("What to do, in Spanish"), max_length=rules.MOST_INSTRUCTIONS)
    field_order = ("lot_number", "product", "reason", "reason_es", "instructions", "instructions_es")


class EndForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=rules.MOST_RECALL_REASON, required=False,
        help_text=_("Only where somebody has neither answered nor been reached. No names."),
    )  # fmt: skip


def _preview(lot_number: str, product: Product | None, **words: str) -> Preview:
    """Show what becomes of orders, stock and people, as of now; the action compares what becomes of orders."""
    rules.check_recall_words(**words)
    lots = rules.lots_called(lot_number, product=product)
    rules.check_is_not_being_recalled(lots)
    rows, keys = preview_rows(lots)
    notes = preview_notes(lots, rules.trace(lots, today=timezone.localdate()))
    return Preview((_("Order"), _("Patient"), _("Delivery"), _("What happens")), rows, notes, keys)


def _start(request: SignedInRequest, **answers: Any) -> Recall:
    seen = {key for key in request.POST.get(AGREED, "").split(",") if key}
    return actions.start_recall(**answers, seen=seen, by=request.user)


def _explain_end(recall: Recall) -> str:
    words = gettext("Its lots stay in quarantine for good. Whoever has not answered is reminded no more.")
    return f"{progress_of(recall)}\n{words}"


@admin.register(Recall)
class RecallAdmin(ActionAdmin):
    """Each recall with how far it has come; the newest first."""

    list_display = ["lot_number", "started_at", "progress", "ended_at"]
    search_fields = ["lot_number"]
    search_help_text = _("Lot")
    ordering = ["-pk"]
    fields = readonly_fields = (
        "lot_number", "products", "reason", "reason_es", "instructions", "instructions_es", "started_at", "started",
        "progress", "places", "people", "ended_at", "ended", "ended_reason",
    )  # fmt: skip
    action_pages = (
        ActionPage(
            name="end",
            label=_("End the recall"),
            permission=ENDS,
            offered=lambda recall: recall.is_open,
            explain=_explain_end,
            perform=lambda recall, request, reason: actions.end_recall(recall=recall, reason=reason, by=request.user),
            form_class=EndForm,
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="start",
            label=_("Start a recall"),
            permission=STARTS,
            explain=_(
                "Nobody gets this lot any more: orders take another lot or lose it, the rest goes into quarantine, and "
                "everybody who got some of it is told."
            ),
            form_class=StartForm,
            preview=_preview,
            perform=_start,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("find/", wrap(self.find_view), name=self._url_name("find")),
            path("<int:pk>/calls/", wrap(self.calls_view), name=self._url_name("calls")),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = super().get_fields(request, obj)
        return fields if request.user.has_perm(SEES_PEOPLE) else [name for name in fields if name != "people"]

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        if not request.user.has_perm(SEES_PEOPLE):
            return []
        return [
            {"label": _("Find a lot"), "url": reverse(f"admin:{self._url_name('find')}")},
            {"label": _("People"), "url": reverse("admin:dispensing_recalledperson_changelist")},
        ]

    def find_view(self, request: SignedInRequest) -> TemplateResponse:
        """Show every unit of a lot, the patients who got one, and the way to each; nothing changes."""
        if not request.user.has_perm(SEES_PEOPLE):
            raise PermissionDenied
        form = LotForm(request.POST if request.method == "POST" else None)
        context: dict[str, Any] = {"title": _("Find a lot"), "change_url": self.list_address(), "most": MOST_SHOWN}
        if form.is_valid():
            try:
                lots = rules.lots_called(form.cleaned_data["lot_number"], product=form.cleaned_data["product"])
            except PortalError as refusal:
                add_to_form(form, refusal)
            else:
                record(action="recall.find", by=request.user, reason=lots[0].number)
                traced = rules.trace(lots, today=timezone.localdate())
                context |= {"lots": lots, "traced": traced, "holders": traced.holders[:MOST_SHOWN]}
        response = self.action_page_response(request, form, template="admin/dispensing/recall/find.html", **context)
        assert isinstance(response, TemplateResponse)
        return response

    def calls_view(self, request: SignedInRequest, pk: int) -> TemplateResponse:
        """Show, for printing, who has neither answered nor been reached, the phone number, and what to say."""
        recall = Recall.objects.filter(pk=pk).first()
        if recall is None:
            raise Http404
        if not request.user.has_perm(SEES_PEOPLE):
            raise PermissionDenied
        record(action="recall.calls", by=request.user, subject=recall)
        people = recall.people.waiting().select_related("patient", "caregiver")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Call list of lot %(lot)s") % {"lot": recall.lot_number},
            "recall": recall,
            "people": people,
        }
        return TemplateResponse(request, "admin/dispensing/recall/calls.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recall]:
        recalls = super().get_queryset(request)
        assert isinstance(recalls, RecallQuerySet)
        return recalls.with_progress().prefetch_related("lots__lot__product")

    @admin.display(description=_("products"))
    def products(self, recall: Recall) -> str:
        return ", ".join(f"{row.lot.product.full_name} ({row.lot.product.sku})" for row in recall.lots.all())

    @admin.display(description=_("people"))
    def progress(self, recall: Recall) -> str:
        return progress_of(recall)

    @admin.display(description=_("units"))
    def places(self, recall: Recall) -> str:
        return places_of(recall)

    @admin.display(description=_("started by"))
    def started(self, recall: Recall) -> str:
        return staff_name(recall.started_by)

    @admin.display(description=_("ended by"))
    def ended(self, recall: Recall) -> str:
        return staff_name(recall.ended_by)

    @admin.display(description=_("lists"))
    def people(self, recall: Recall) -> str:
        everybody = reverse("admin:dispensing_recalledperson_changelist")
        calls = reverse(f"admin:{self._url_name('calls')}", args=[recall.pk])
        letters = reverse("admin:notifications_letterbatch_changelist")
        return format_html(
            '<a href="{}?recall={}&amp;waiting=all">{}</a>, <a href="{}">{}</a>, <a href="{}">{}</a>',
            everybody, recall.pk, gettext("Everybody"), calls, gettext("Call list"), letters, gettext("Letters"),
        )  # fmt: skip
