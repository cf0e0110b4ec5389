"""The list of hand-overs. The number of the photo ID is encrypted, and no list or file shows it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin
from audit.exports import Column, Export, dollars, moment
from delivery.admin import columns
from delivery.models import HandOver

EXPORT = Export(
    "hand-overs",
    columns=(
        Column("order", "order__number"), Column("run", "run__number"), Column("day", "run__window__date"),
        Column("window", "run__window__starts"), Column("driver", "by__email"),
        Column("typed in by", "typed_by__email"), Column("received by", "received_by"),
        Column("photo ID", "photo_id_kind"), dollars("due", "amount_due_cents"), dollars("cash", "cash_cents"),
        dollars("card", "debit_cents"), dollars("tip", "tip_cents"), moment("handed over", "stated_at"),
        moment("recorded", "recorded_at"),
    ),
)  # fmt: skip


@admin.register(HandOver)
class HandOverAdmin(ActionAdmin):
    list_display = ["order", "run", "received_by", "due", "cash", "card", "tip", "stated_at"]
    list_filter = ["received_by"]
    list_lookups = ("run__window__date",)
    list_select_related = ["order", "run", "run__window"]
    search_fields = ["order__number"]
    search_help_text = _("Order number")
    ordering = ["-pk"]
    fields = ["order", "run", "by", "typed_by", "received_by", "due", "cash", "card", "tip", "stated_at", "recorded_at"]
    export = EXPORT
    due = columns.amount("amount_due_cents", _("due"))
    cash = columns.amount("cash_cents", _("cash"))
    card = columns.amount("debit_cents", _("card"))
    tip = columns.amount("tip_cents", _("tip"))
