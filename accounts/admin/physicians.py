"""Physicians as the Registrar sees them."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.admin.proofs import ENTER_PROOF, ProofInline
from accounts.forms import LeaveForm
from accounts.models import IdentificationTry, Physician, Registration
from accounts.rules import LAPSED, PHYSICIAN_MOVES, eligibility, may_move, physicians_called, with_lapses
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline
from audit.columns import yes_or_no
from notifications.ways import stopped_since


class RegistrationInline(RowsInline):
    model = Registration
    joined = ("physician",)
    fields = [
        "kind", "number", "state", "schedules", "is_active", "is_limited", "expires_date", "verified_at", "source",
    ]  # fmt: skip


def _explain_leaving(physician: Physician) -> str:
    return _(
        "From that day on %(name)s cannot certify, and the delegates see nothing of this office. The patients are "
        "asked at once to find another physician. Certifications run on to their ends."
    ) % {"name": physician.name}


LEAVE = ActionPage(
    name="leave",
    label=_("Enter that the physician leaves practice"),
    permission="accounts.change_physician",
    offered=lambda physician: may_move(PHYSICIAN_MOVES["leave"], physician),
    explain=_explain_leaving,
    perform=lambda physician, request, date: actions.leave_practice(physician=physician, date=date, by=request.user),
    form_class=LeaveForm,
)


BADGES = {
    "medical_license": _("license"),
    "practice": _("practice"),
    "controlled_substance": _("state registration"),
    "dea": _("DEA"),
    "prescription_monitoring": _("monitoring"),
}


class LapsedFilter(admin.SimpleListFilter):
    """Shows the physicians one of whose registrations has ended lately."""

    title = _("registrations")
    parameter_name = LAPSED

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Ended in the last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Physician]) -> QuerySet[Physician]:
        return with_lapses(queryset, today=timezone.localdate()) if self.value() else queryset


@admin.register(Physician)
class PhysicianAdmin(ActionAdmin):
    """Physicians. The digest of the SSN digits is on no page."""

    list_display = ["name", "requirements", "status", "dea_number", "practice_city", "has_account"]
    list_filter = ["status", LapsedFilter]
    search_fields = ["search_name"]  # so that the box is there; what it finds, physicians_called says
    search_help_text = _("Name, DEA number, NPI, license or registration")
    ordering = ["search_name"]
    fields = [
        "requirements", "first_name", "last_name", "dea_number", "dea_suffix", "npi", "status", "left_date",
        "has_account", "email", "mail_comes_back", "phone", "practice_name", "practice_street", "practice_city",
        "practice_state", "practice_zip",
    ]  # fmt: skip
    inlines = [RegistrationInline, ProofInline]
    action_pages = (
        ActionPage(**ENTER_PROOF, permission="accounts.change_physician", offered=lambda physician: True),
        ActionPage(
            name="suspend",
            label=_("Suspend"),
            permission="accounts.change_physician",
            offered=lambda physician: may_move(PHYSICIAN_MOVES["suspend"], physician),
            explain=lambda physician: _(
                "From now on this physician cannot certify. Certifications stay valid. The physician gets a message."
            ),
            perform=lambda physician, request, reason: actions.suspend_physician(
                physician=physician, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
        ActionPage(
            name="reinstate",
            label=_("Reinstate"),
            permission="accounts.change_physician",
            offered=lambda physician: may_move(PHYSICIAN_MOVES["reinstate"], physician),
            explain=lambda physician: _(
                "This physician may certify again while the five requirements are met, and gets a message."
            ),
            perform=lambda physician, request, reason: actions.reinstate_physician(
                physician=physician, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
        LEAVE,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("registrations")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(physicians_called(search_term)) if search_term else queryset), False

    @admin.display(description=_("requirements"))
    def requirements(self, physician: Physician) -> SafeString:
        """Return the five requirements as badges that say which are met today."""
        found = eligibility(physician, timezone.localdate())
        badges = [(BADGES[requirement.name], requirement.met) for requirement in found]
        return render_to_string("admin/requirement_badges.html", {"badges": badges})

    @admin.display(description=_("account"))
    def has_account(self, physician: Physician) -> str:
        return yes_or_no(physician.user_id is not None)

    @admin.display(description=_("e-mail comes back since"))
    def mail_comes_back(self, physician: Physician) -> datetime | None:
        return stopped_since([physician.email]).get(physician.email)


@admin.register(IdentificationTry)
class IdentificationTryAdmin(ActionAdmin):
    list_display = ["at", "account", "address", "succeeded", "lifted_at"]
    list_filter = ["succeeded"]
    list_select_related = ["user"]
    ordering = ["-at"]
    fields = ["at", "account", "address", "succeeded", "lifted_at"]
    action_pages = (
        ActionPage(
            name="lift",
            label=_("Lift the lockout"),
            permission="accounts.change_identificationtry",
            offered=lambda identification_try: (
                not identification_try.succeeded and identification_try.lifted_at is None
            ),
            explain=lambda identification_try: _(
                "The failures of this account and this DEA number do not count any more: five new tries are possible."
            ),
            perform=lambda identification_try, request, reason: actions.lift_lockout(
                identification_try=identification_try, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
    )

    @admin.display(description=_("account"), ordering="user__email")
    def account(self, identification_try: IdentificationTry) -> str:
        return identification_try.user.email
