"""What came back from a door: what waits for the decision of a second person, and the page on which it is decided."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ForMany, RowsInline
from audit.exports import Column, Export, moment
from audit.many_rows import RowInWords
from delivery import actions
from delivery.admin.stock_action_pages import EntryForm
from delivery.models import ReturnDecision, ReturnedItem
from delivery.presenters.runs import staff_name
from ui.forms import PortalForm, WholeNumberField

DECIDE = "delivery.change_returneditem"
EXPORT = Export(
    "returned-items",
    columns=(
        Column("order", "order__number"), Column("sku", "product__sku"), Column("lot", "lot"),
        Column("quantity", "quantity"), Column("waiting", "waiting"), Column("driver", "carried_by__email"),
        Column("taken in by", "taken_in_by__email"), moment("taken in", "taken_in_at"),
    ),
)  # fmt: skip


def _kind_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("What becomes of it"), choices=ReturnDecision.Kind, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of it."), "invalid_choice": _("Choose what becomes of it.")},
    )  # fmt: skip


def _reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"), max_length=200, error_messages={"required": _("Enter a reason.")},
        help_text=_("Stored with the movement, like: seal unbroken. No names of patients."),
    )  # fmt: skip


class DecisionForm(EntryForm):
    """A decision about one returned item: put back, kept or destroyed, how many, and why."""

    kind = _kind_field()
    quantity = WholeNumberField(label=_("Quantity"), min_value=1, max_value=10_000)
    reason = _reason_field()
    field_order = ("kind", "quantity", "reason", "entry_key")


class DecisionForManyForm(PortalForm):
    """One decision about all that waits of each chosen item, and why."""

    kind = _kind_field()
    reason = _reason_field()


def _explain(item: ReturnedItem) -> str:
    words = {
        "waiting": item.waiting,
        "name": item.product.full_name,
        "sku": item.product.sku,
        "lot": item.lot,
        "order": item.order.number,
        "who": staff_name(item.taken_in_by),
    }
    came = gettext("%(waiting)d × %(name)s (%(sku)s), lot %(lot)s, came back with order %(order)s. %(who)s took it in.")
    then = gettext(
        "You are the second person: look at the seal yourself. What is put back can be ordered at once. What is kept "
        "in quarantine is decided later, on the page of its product. What is destroyed is gone for good."
    )
    return f"{came % words}\n{then}"


def _decide(
    item: ReturnedItem,
    request: SignedInRequest,
    *,
    kind: str,
    reason: str,
    quantity: int | None = None,
    entry_key: UUID | None = None,
) -> object:
    return actions.decide_returned(
        item=item,
        kind=kind,
        quantity=item.waiting if quantity is None else quantity,
        reason=reason,
        entry_key=entry_key or uuid4(),
        by=request.user,
    )


class WaitingItemsFilter(admin.SimpleListFilter):
    """Begins with what waits for a second person."""

    title = _("decided")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("driver", _("With the driver")), ("yes", _("Decided")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in ((None, _("Waiting")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {
            "driver": queryset.filter(taken_in_at__isnull=True),
            "yes": queryset.filter(waiting=0),
            "all": queryset,
        }
        return chosen.get(self.value() or "", queryset.filter(taken_in_at__isnull=False, waiting__gt=0))


class DecisionInline(RowsInline):
    model = ReturnDecision
    verbose_name_plural = _("decisions")
    fields = readonly_fields = ("kind", "quantity", "decided_by", "reason", "created_at")
    joined = ("by",)
    ordering = ("pk",)

    @admin.display(description=_("by"))
    def decided_by(self, decision: ReturnDecision) -> str:
        return staff_name(decision.by)


@admin.register(ReturnedItem)
class ReturnedItemAdmin(ActionAdmin):
    """Each lot that came back, who drove it, who took it in, and what was decided."""

    list_display = ["order", "product", "lot", "waiting", "quantity", "taken_in", "taken_in_at"]
    list_filter = [WaitingItemsFilter]
    list_select_related = ["order", "product", "taken_in_by", "carried_by"]
    search_fields = ["order__number", "product__sku", "lot"]
    search_help_text = _("Order number, SKU or lot")
    ordering = ["pk"]
    fields = readonly_fields = (
        "order", "product", "lot", "quantity", "waiting", "driven_by", "taken_in", "taken_in_at",
    )  # fmt: skip
    inlines = [DecisionInline]
    export = EXPORT
    action_pages = (
        ActionPage(
            name="decide",
            label=_("Decide"),
            permission=DECIDE,
            offered=lambda item: item.taken_in_at is not None and item.waiting > 0,
            explain=_explain,
            perform=_decide,
            form_class=DecisionForm,
            initial=lambda item: {"quantity": item.waiting},
            is_main=True,
            for_many=ForMany(
                explain=_(
                    "The same becomes of all that waits of each of them. An item that you took in or drove yourself "
                    "stays where it is, and you read why."
                ),
                form_class=DecisionForManyForm,
            ),
        ),
    )

    @admin.display(description=_("driver"))
    def driven_by(self, item: ReturnedItem) -> str:
        return staff_name(item.carried_by) or gettext("Brought to the counter")

    @admin.display(description=_("taken in by"))
    def taken_in(self, item: ReturnedItem) -> str:
        return staff_name(item.taken_in_by) or gettext("Nobody yet")

    def rows_in_words(self, rows: list[ReturnedItem], request: HttpRequest) -> list[RowInWords]:
        return [
            RowInWords(
                item.pk,
                f"{item.waiting} × {item.product.full_name}",
                f"{item.lot}, {item.order}, {staff_name(item.taken_in_by)}",
            )
            for item in rows
        ]
