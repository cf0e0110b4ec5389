"""The list of hand-overs. The number of the photo ID is encrypted, and no page shows it."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin
from audit.exports import Column, Export, dollars, moment
from delivery import rules
from delivery.admin import columns
from delivery.models import HandOver
from ui.templatetags.portal import money

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

DRAWN = (
    '<svg viewBox="0 0 {} {}" width="300" role="img" aria-label="{}">'
    '<path d="{}" fill="none" stroke="currentColor" stroke-width="4"/></svg>'
)


@admin.register(HandOver)
class HandOverAdmin(ActionAdmin):
    list_display = ["order", "run", "received_by", "due", "cash", "card", "tip", "stated_at"]
    list_filter = ["received_by"]
    list_lookups = ("run__window__date",)
    list_select_related = ["order", "run", "run__window"]
    search_fields = ["order__number"]
    search_help_text = _("Order number")
    ordering = ["-pk"]
    fields = [
        "order", "run", "by", "typed_by", "received_by", "photo_id_kind", "id_expires_date", "difference", "refused",
        "due", "cash", "card", "tip", "stated_at", "recorded_at", "signed", "signature_shown",
    ]  # fmt: skip
    export = EXPORT
    due = columns.amount("amount_due_cents", _("due"))
    cash = columns.amount("cash_cents", _("cash"))
    card = columns.amount("debit_cents", _("card"))
    tip = columns.amount("tip_cents", _("tip"))

    @admin.display(description=_("photo ID that differed"))
    def difference(self, hand_over: HandOver) -> str:
        found = hand_over.id_difference
        words = _("Allowed by %(who)s: %(reason)s")
        return words % {"who": found.decided_by, "reason": found.reason} if found else ""

    @admin.display(description=_("refused at the door"))
    def refused(self, hand_over: HandOver) -> str:
        lines = hand_over.refused_lines.select_related("line__product")
        return ", ".join(f"{each.quantity} × {each.line.product.sku}, {money(each.total_cents)}" for each in lines)

    @admin.display(description=_("signature"))
    def signature_shown(self, hand_over: HandOver) -> str:
        """Return the drawn line as SVG, or the typed name."""
        signature = hand_over.signature
        if not rules.is_drawing(signature):
            return signature
        return format_html(DRAWN, rules.WIDTH, rules.HEIGHT, _("Signature"), signature)
