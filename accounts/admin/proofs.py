"""The Registrar's list of proofs."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.forms import EnterProofForm, SourceForm
from accounts.models import Decision, Physician, Proof
from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline


def is_pending(row: Proof) -> bool:
    return row.status == Decision.PENDING


def enter_proof(physician: Physician, request: SignedInRequest, **seen: Any) -> None:
    actions.enter_proof(physician=physician, by=request.user, **seen)


ENTER_PROOF: dict[str, Any] = {
    "name": "enter-proof",
    "label": _("Enter what I looked up"),
    "perform": enter_proof,
    "explain": lambda physician: _(
        "It replaces what waits for this registration. It counts once somebody else has verified it."
    ),
    "form_class": EnterProofForm,
}


class ProofInline(RowsInline):
    model = Proof
    verbose_name_plural = _("Reported and entered")
    fields = ["kind", "number", "valid_through", "is_limited", "source", "entered_by", "entered_at", "status", "reason"]
    readonly_fields = ["valid_through"]
    joined = ("entered_by",)
    ordering = ["status", "-entered_at"]


@admin.register(Proof)
class ProofAdmin(ActionAdmin):
    """Proofs that physicians report and staff enter. The proofs of an application are decided with it."""

    list_display = ["physician_name", "kind", "number", "last_day", "status", "entered_by", "entered_at"]
    list_filter = ["status", "kind"]
    list_select_related = ["physician", "entered_by"]
    ordering = ["status", "-entered_at"]
    fields = [
        "physician_name", "physician", "kind", "number", "state", "schedules", "is_active", "is_limited", "last_day",
        "source", "entered_by", "entered_at", "status", "decided_by", "decided_at", "reason",
    ]  # fmt: skip
    action_pages = (
        ActionPage(
            name="verify",
            label=_("Verify"),
            permission="accounts.change_proof",
            offered=is_pending,
            explain=lambda proof: _("You have looked it up, and it counts from now on. The physician gets a message."),
            perform=lambda proof, request, source: actions.verify_proof(proof=proof, source=source, by=request.user),
            form_class=SourceForm,
        ),
        ActionPage(
            name="refuse",
            label=_("Refuse"),
            permission="accounts.change_proof",
            offered=is_pending,
            explain=lambda proof: _("What was on record stays. The physician gets the reason by mail."),
            perform=lambda proof, request, reason: actions.refuse_proof(proof=proof, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(application=None)

    @admin.display(description=_("name"), ordering="physician__search_name")
    def physician_name(self, proof: Proof) -> str:
        return proof.physician.name if proof.physician else ""

    @admin.display(description=_("valid through"), ordering="expires_date")
    def last_day(self, proof: Proof) -> date | None:
        return proof.valid_through
