"""Closed days: staff close a day with its orders, open it again, and print whom to call."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage, Preview
from audit.actions import record
from audit.columns import yes_or_no
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.windows import UpcomingFilter
from delivery.models import Closure, Order
from ui.forms import DateBoxesField, PortalForm, SpanishField

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

MOVING = {"move": _("Move what fits to the next day with deliveries, cancel the rest"), "undo": _("Cancel them all")}


class CloseForm(PortalForm):
    day = DateBoxesField(label=_("Day"))
    reason = forms.CharField(
        label=_("Reason"), max_length=100, help_text=_("Orderers read it, for example: heavy snow. No names.")
    )
    reason_es = SpanishField(label=_("Reason in Spanish"), max_length=100, widget=forms.TextInput(attrs={"lang": "es"}))
    orders = forms.ChoiceField(label=_("Orders of that day"), choices=list(MOVING.items()), widget=forms.RadioSelect)


def _preview(day: date, reason: str, reason_es: str, orders: str) -> Preview:
    """Show what becomes of each open order, as of now; the action asks about those that it would cancel besides."""
    now = timezone.now()
    rules.check_may_be_closed(day, today=timezone.localdate(now))
    rules.check_closing_reason(reason)
    windows = rules.windows_to_close(day, now=now)
    found = Order.objects.before_departure().filter(window__in=windows).select_related("patient", "window", "policy")
    targets = rules.next_windows(day) if orders == "move" else []
    outcomes = list(rules.outcomes_of_closing(found.order_by("placed_at", "pk"), targets, now=now))
    rows = [(outcome.order.number, outcome.order.patient.name, _place(outcome), outcome.why) for outcome in outcomes]
    moved = sum(outcome.window is not None for outcome in outcomes)
    words = _(
        "%(windows)d windows close. %(moved)d orders move, %(undone)d are cancelled. The orderers are told, by mail or "
        "by a call."
    )
    notes = [words % {"windows": len(windows), "moved": moved, "undone": len(outcomes) - moved}]
    cancelled = [rules.agreement_key(outcome.order) for outcome in outcomes if outcome.window is None]
    return Preview((_("Order"), _("Patient"), _("Moves to"), _("Why not")), rows, notes, cancelled)


def _place(outcome: rules.Outcome) -> str:
    return columns.when(outcome.window) if outcome.window else gettext("Cancelled")


def _close(request: SignedInRequest, orders: str, **answers: Any) -> Closure:
    return actions.close_date(**answers, is_moving=orders == "move", by=request.user)


@admin.register(Closure)
class ClosureAdmin(ActionAdmin):
    list_display = ["date", "reason", "is_holiday", "is_closed"]
    list_filter = [UpcomingFilter]
    fields = ["date", "reason", "reason_es", "is_holiday", "is_closed", "lifted_at", "calls"]
    action_pages = (
        ActionPage(
            name="open",
            label=_("Open this day again"),
            permission="delivery.add_closure",
            offered=lambda closure: closure.is_in_force and closure.date >= timezone.localdate(),
            explain=lambda closure: (
                _("%(day)s can be ordered for again. Orders that were moved or cancelled stay so.")
                % {"day": date_format(closure.date, "LONG_DAY_FORMAT")}
            ),
            perform=lambda closure, request: actions.open_date(closure=closure, by=request.user),
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="close",
            label=_("Close a day"),
            permission="delivery.add_closure",
            explain=_("Nobody can order for it any more, and its open orders move or are cancelled together."),
            form_class=CloseForm,
            preview=_preview,
            perform=_close,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.calls_view)
        return [path("<int:pk>/calls/", view, name=self._url_name("calls")), *super().get_urls()]

    def calls_view(self, request: SignedInRequest, pk: int) -> TemplateResponse:
        """Show, for printing, who ordered for that day, the phone number, and what to say."""
        closure = Closure.objects.filter(pk=pk).first()
        if closure is None:
            raise Http404
        if not request.user.has_perms(["delivery.view_closure", "delivery.view_order"]):
            raise PermissionDenied
        record(action="closure.calls", by=request.user, subject=closure)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Call list"),
            "closure": closure,
            "affected": closure.affected.select_related("order__patient", "order__placed_by", "window"),
        }
        return TemplateResponse(request, "admin/delivery/closure/calls.html", context)

    @admin.display(description=_("closed"))
    def is_closed(self, closure: Closure) -> str:
        return yes_or_no(closure.is_in_force)

    @admin.display(description=_("orders"))
    def calls(self, closure: Closure) -> "StrOrPromise":
        count = closure.affected.count()
        if not count:
            return _("None")
        page = reverse(f"admin:{self._url_name('calls')}", args=[closure.pk])
        return format_html('<a href="{}">{}</a> ({})', page, _("Call list"), count)
