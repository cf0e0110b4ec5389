"""The Registrar's lists of applications and of proofs."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.forms import CallBackForm, EnterProofForm, SourceForm
from accounts.models import Decision, IdentityProof, Physician, PhysicianApplication, Proof
from accounts.presenters.applications import five_proofs
from accounts.requests import SignedInRequest
from accounts.rules import ApplicationError, physician_applying, professionals_called, warnings_about
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline
from ui.templatetags.portal import moment, phone


def is_pending(row: PhysicianApplication | Proof) -> bool:
    return row.status == Decision.PENDING


def enter_proof(owner: Physician | PhysicianApplication, request: SignedInRequest, **seen: Any) -> None:
    actions.enter_proof(owner=owner, by=request.user, **seen)


def _call(application: PhysicianApplication) -> str:
    """Return who called which number, when, and which register shows the number, for staff."""
    if application.identity_proof != IdentityProof.CALL_BACK:
        return application.get_identity_proof_display() or gettext("not yet")
    words = {
        "number": phone(application.called_number),
        "source": application.number_source,
        "moment": moment(application.called_at),
        "by": application.called_by.email if application.called_by else "",
    }
    return gettext("%(number)s (%(source)s), %(moment)s, by %(by)s") % words


def _whom_to_call(application: PhysicianApplication) -> str:
    """Return which number the Registrar should call, for staff."""
    words = [gettext("Look up the practice in a public register, and call the number that stands there.")]
    try:
        on_roster = physician_applying(application, Physician.objects.all())
    except ApplicationError as error:
        return f"{words[0]}\n{error}"
    if on_roster:
        words.append(gettext("This physician is on the roster: call %(number)s.") % {"number": phone(on_roster.phone)})
    words.append(gettext("Ask for %(name)s, and whether they applied here.") % {"name": application.name})
    words.append(gettext("The applicant typed %(number)s.") % {"number": phone(application.phone)})
    words.append(gettext("The call counts once somebody else verifies the application."))
    return "\n".join(words)


def enter_call_back(
    application: PhysicianApplication,
    request: SignedInRequest,
    called_number: str,
    number_source: str,
    is_confirmed: bool,
) -> None:
    actions.enter_call_back(
        application=application, called_number=called_number, number_source=number_source, by=request.user
    )


ENTER_PROOF: dict[str, Any] = {
    "name": "enter-proof",
    "label": _("Enter what I looked up"),
    "perform": enter_proof,
    "explain": lambda owner: _(
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


@admin.register(PhysicianApplication)
class PhysicianApplicationAdmin(ActionAdmin):
    """Applications; the list begins with those that wait. A page shows what was claimed and what was looked up."""

    list_display = ["name", "dea_number", "npi", "practice_city", "practice_state", "status", "created_at"]
    list_filter = ["status"]
    search_fields = ["search_name"]
    search_help_text = _("Name, DEA number or NPI")
    ordering = ["status", "created_at"]
    fields = [
        "status", "please_note", "first_name", "last_name", "dea_number", "dea_suffix", "npi", "five_proofs", "phone",
        "practice_name", "account", "created_at", "call_back", "physician", "decided_by", "decided_at", "reason",
    ]  # fmt: skip
    action_pages = (
        ActionPage(**ENTER_PROOF, permission="accounts.change_physicianapplication", offered=is_pending),
        ActionPage(
            name="call-back",
            label=_("Enter the call back"),
            permission="accounts.change_physicianapplication",
            offered=is_pending,
            explain=_whom_to_call,
            perform=enter_call_back,
            form_class=CallBackForm,
        ),
        ActionPage(
            name="verify",
            label=_("Verify"),
            permission="accounts.change_physicianapplication",
            offered=is_pending,
            explain=lambda application: "\n".join(
                [
                    str(_("The applicant joins the roster with the registrations looked up, and gets a message.")),
                    str(_("Called back: %(call)s") % {"call": _call(application)}),
                    *warnings_about(application),
                ]
            ),
            perform=lambda application, request: actions.verify_application(application=application, by=request.user),
        ),
        ActionPage(
            name="refuse",
            label=_("Refuse"),
            permission="accounts.change_physicianapplication",
            offered=is_pending,
            explain=lambda application: _("The applicant gets the reason by mail, and can apply again."),
            perform=lambda application, request, reason: actions.refuse_application(
                application=application, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(professionals_called(search_term)) if search_term else queryset), False

    @admin.display(description=_("Please note"))
    def please_note(self, application: PhysicianApplication) -> SafeString | str:
        return format_html_join("", "<p>{}</p>", ([sentence] for sentence in warnings_about(application)))

    @admin.display(description=_("The five proofs"))
    def five_proofs(self, application: PhysicianApplication) -> SafeString | str:
        return render_to_string("admin/five_proofs.html", {"proofs": five_proofs(application)})

    @admin.display(description=_("call back"))
    def call_back(self, application: PhysicianApplication) -> str:
        return _call(application)

    @admin.display(description=_("account"))
    def account(self, application: PhysicianApplication) -> str:
        return application.user.email


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
