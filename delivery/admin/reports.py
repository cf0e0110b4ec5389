"""What orderers report of their deliveries: what waits for an answer, and the answer in words."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage
from delivery import actions, rules
from delivery.models import ItemReport
from ui.forms import PortalForm

ANSWER = "delivery.change_itemreport"


class AnswerForm(PortalForm):
    answer = forms.CharField(
        label=_("Answer"), max_length=rules.MOST_WORDS, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The person who ordered reads it on the page of the order, and is told that it is there."),
        error_messages={"required": _("Write what you answer. The person who ordered reads it.")},
    )  # fmt: skip


def _explain(report: ItemReport) -> str:
    words = {"name": report.line.product.full_name, "what": report.get_what_display(), "words": report.words}
    then = gettext("To give money back or to exchange the item, choose Correct instead: that answers the report, too.")
    return f"{gettext('%(name)s: %(what)s. “%(words)s”') % words}\n{then}"


class UnansweredFilter(admin.SimpleListFilter):
    """Begins with what waits for an answer."""

    title = _("answered")
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Answered")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in ((None, _("Waiting")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(answered_at__isnull=self.value() != "yes")


@admin.register(ItemReport)
class ItemReportAdmin(ActionAdmin):
    """Reports of wrong items. The words are for those who answer."""

    list_display = ["order", "product_name", "what", "created_at", "answered_at"]
    list_filter = [UnansweredFilter, "what"]
    list_select_related = ["order", "line__product"]
    search_fields = ["order__number"]
    search_help_text = _("Order number")
    ordering = ["pk"]
    fields = readonly_fields = (
        "order_link", "product_name", "what", "words", "created_at", "answered_at", "answered_by", "answer",
    )  # fmt: skip
    action_pages = (
        ActionPage(
            name="answer",
            label=_("Answer in words"),
            permission=ANSWER,
            offered=lambda report: report.answered_at is None,
            explain=_explain,
            perform=lambda report, request, answer: actions.answer_report(
                report=report, answer=answer, by=request.user
            ),
            form_class=AnswerForm,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the words of the orderer and the answer, unless the account may answer."""
        fields = super().get_fields(request, obj)
        return fields if request.user.has_perm(ANSWER) else [name for name in fields if name not in ("words", "answer")]

    def row_links(self, request: HttpRequest, obj: ItemReport) -> list[dict[str, Any]]:
        if obj.answered_at or not request.user.has_perm(rules.CORRECT):
            return []
        address = reverse("admin:delivery_handovercorrection_correct", args=[obj.order.number])
        return [{"label": _("Correct"), "url": f"{address}?report={obj.pk}"}]

    @admin.display(description=_("order"))
    def order_link(self, report: ItemReport) -> str:
        address = reverse("admin:delivery_order_change", args=[report.order_id])
        return format_html('<a href="{}">{}</a>', address, report.order)

    @admin.display(description=_("product"))
    def product_name(self, report: ItemReport) -> str:
        return report.line.product.full_name
