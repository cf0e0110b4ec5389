"""The Registrar's list of applications, and the page with each claim beside what the registers show."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.forms import LookUpForm
from accounts.models import Decision, IdentityProof, PhysicianApplication
from accounts.presenters.applications import five_proofs
from accounts.presenters.looking_up import NPI_REGISTRY, Claims, claims_of, first_entries
from accounts.requests import SignedInRequest
from accounts.rules import CallBack, Seen, professionals_called, warnings_about
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm
from ui.templatetags.portal import moment, phone

CHANGE = "accounts.change_physicianapplication"


def is_pending(application: PhysicianApplication) -> bool:
    return application.status == Decision.PENDING


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


def look_up(
    application: PhysicianApplication, request: SignedInRequest, seen: list[Seen], call: CallBack | None
) -> None:
    actions.look_up_application(application=application, seen=seen, call=call, by=request.user)


def _claims(application: PhysicianApplication) -> dict[str, Any]:
    return {"claims": claims_of(application, today=timezone.localdate())}


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
        ActionPage(
            name="look-up",
            label=_("Save what I looked up"),
            permission=CHANGE,
            offered=is_pending,
            explain=lambda application: "",
            perform=look_up,
            form_class=LookUpForm,
            initial=lambda application: first_entries(application, today=timezone.localdate()),
            template="admin/accounts/physicianapplication/look_up.html",
            more=_claims,
        ),
        ActionPage(
            name="verify",
            label=_("Verify"),
            permission=CHANGE,
            offered=is_pending,
            explain=lambda application: _(
                "The applicant joins the roster with the registrations looked up, and gets a message."
            ),
            perform=lambda application, request: actions.verify_application(application=application, by=request.user),
            template="admin/accounts/physicianapplication/verify.html",
            more=_claims,
        ),
        ActionPage(
            name="refuse",
            label=_("Refuse"),
            permission=CHANGE,
            offered=is_pending,
            explain=lambda application: _("The applicant gets the reason by mail, and can apply again."),
            perform=lambda application, request, reason: actions.refuse_application(
                application=application, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
    )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show each claim beside what the registers show to whoever may enter it, while the application waits."""
        waits = request.user.has_perm(CHANGE) and request.method in ("GET", "HEAD")
        application = self.get_object(request, object_id) if waits else None
        if application is not None and is_pending(application):
            return self.action_page_view(request, object_id, "look-up")
        return super().change_view(request, object_id, form_url, extra_context)

    def action_page_response(
        self, request: HttpRequest, form: Form, *, template: str = "admin/action_page.html", **context: Any
    ) -> HttpResponse:
        """Pair each claim with its fields, and say whether this account may verify what is entered."""
        if claims := cast(Claims | None, context.get("claims")):
            fields = [form.of_kind(row.kind) if isinstance(form, LookUpForm) else {} for row in claims.rows]
            context["rows"] = list(zip(claims.rows, fields, strict=True))
            context["npi_registry"] = NPI_REGISTRY
            context["may_verify"] = not claims.missing and request.user.pk not in claims.enterers
        return super().action_page_response(request, form, template=template, **context)

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
