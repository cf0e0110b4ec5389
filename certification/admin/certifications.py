"""The admin of signed certifications."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline
from audit.changelists import ShortPaginator, search_term
from certification.actions import reinstate_certification, revoke_certification
from certification.admin.medical import sees_medical_words
from certification.models import Amendment, Certification, Condition, Letter, Patient
from certification.responses import letter_response
from certification.rules import can_move
from certification.search import numbered, patients_called, people_called
from certification.statements import ATTESTATIONS, QUESTIONS
from ui.search_terms import SearchTerm

MEDICAL_FIELDS = ("conditions", "directions", "allotment_reason", "letters_stored")
NOT_FOR_ALL = (*MEDICAL_FIELDS, "ended_reason")


class AmendmentInline(RowsInline):
    """The amendments of a certification. The row stores the values of before, and no page shows them."""

    model = Amendment
    fields: ClassVar[Any] = ["created_at", "kind", "proof", "reason", "amended_by"]
    verbose_name_plural = _("Changes")
    joined = ("amended_by",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the reason, which may name a condition, unless the account may read medical words."""
        fields = super().get_fields(request, obj)
        return fields if sees_medical_words(request.user) else [name for name in fields if name != "reason"]


class SealedReasonForm(ReasonForm):
    """A reason that the certification holds sealed: the audit trail does not name it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = _("Kept with the certification. Registrars and Pharmacists read it.")


@admin.register(Certification)
class CertificationAdmin(ActionAdmin):
    """Signed certifications, those that end first at the top. Drafts are for their office alone and have no page."""

    list_display = ["number", "status", "patient", "physician", "certified_date", "last_valid_day"]
    list_filter = ["status", "certified_date", "expires_date"]
    list_select_related = ["patient", "physician"]
    paginator = ShortPaginator
    search_fields = ["number"]  # so that the box is there; what it finds, get_search_results says
    inlines = [AmendmentInline]
    search_help_text = _("Number of the certification, or name, birth date, phone or number of the patient")
    fields = [
        "number", "status", "patient", "physician", *MEDICAL_FIELDS, "exam_date", "monitoring_reviewed_date",
        *QUESTIONS, *ATTESTATIONS, "explained_to", "statement_version", "as_signed", "monthly_allotment_oz",
        "allotment_limit_oz", "signature_name", "certified_at", "last_valid_day", "renewal_of", "deliveries_stop_date",
        "ended_at", "ended_by", "ended_reason", "papers",
    ]  # fmt: skip
    action_pages = (
        ActionPage(
            name="revoke",
            label=_("Revoke"),
            permission="certification.change_certification",
            perform=lambda certification, request, reason: revoke_certification(
                certification=certification, reason=reason, by=request.user
            ),
            offered=lambda certification: can_move("revoke", certification),
            explain=lambda certification: _(
                "It ends at once: the card is not valid any more, open orders are cancelled, those of today too. "
                "Patient, caregiver and physician are told. It can be reinstated for 30 days."
            ),
            form_class=SealedReasonForm,
        ),
        ActionPage(
            name="reinstate",
            label=_("Reinstate"),
            permission="certification.change_certification",
            perform=lambda certification, request, reason: reinstate_certification(
                certification=certification, reason=reason, by=request.user
            ),
            offered=lambda certification: can_move("reinstate", certification),
            explain=lambda certification: (
                _(
                    "For a withdrawal or revocation by mistake. It runs again and is valid through %(day)s, as before. "
                    "Orders that were cancelled stay so. Patient, caregiver and physician are told."
                )
                % {"day": date_format(certification.last_valid_day, "DAY_FORMAT")}
            ),
            form_class=ReasonForm,
        ),
    )

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Return the order by end. A search finds few rows, so they need no index and no second key."""
        ordering: list[str | Combinable] = ["status", "expires_date"]
        return ordering if search_term(request, Certification) else [*ordering, "pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        found = people_called(search_term, "patient__")
        if SearchTerm(search_term).numbers("PCG"):  # an OR over two tables would read both as a whole
            patients = Patient.objects.filter(patients_called(search_term))
            found = numbered(search_term) | Q(patient__in=list(patients.values_list("pk", flat=True)))
        return queryset.filter(found), False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        if sees_medical_words(request.user):
            return fields
        return [name for name in fields if name not in NOT_FOR_ALL]

    @admin.display(description=_("Valid through"), ordering="expires_date")
    def last_valid_day(self, certification: Certification) -> str:
        return date_format(certification.last_valid_day)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.letter_view)
        return [path("<int:pk>/letters/<slug:kind>/", view, name=self._url_name("letter")), *super().get_urls()]

    def letter_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """Return the file of a letter, for accounts that may read medical words."""
        if not sees_medical_words(request.user):
            raise PermissionDenied
        letter = get_object_or_404(Letter, certification__in=self.get_queryset(request), certification=pk, kind=kind)
        return letter_response(letter, by=cast(User, request.user))

    @admin.display(description=_("Letters"))
    def letters_stored(self, certification: Certification) -> str:
        address = f"admin:{self._url_name('letter')}"
        rows = (
            (
                reverse(address, args=[certification.pk, letter.kind]),
                letter.get_kind_display(),
                letter.writer,
                letter.letter_date,
            )
            for letter in certification.letters.all()
        )
        return format_html_join("", '<p><a href="{}">{}</a>: {}, {}</p>', rows)

    @admin.display(description=_("As signed"))
    def as_signed(self, certification: Certification) -> str:
        return format_html_join("", "<p>{}</p>", ((sentence,) for sentence in certification.signed_sentences))

    @admin.display(description=_("Papers"))
    def papers(self, certification: Certification) -> str:
        """Link to card and certificate. Staff who may not print them get a 404 there."""
        names = {"card": _("Card"), "certificate": _("Certificate")}
        links = (
            (reverse(f"certification:certification-{name}", args=[certification.uuid]), label)
            for name, label in names.items()
        )
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.display(description=_("Conditions"))
    def conditions(self, certification: Certification) -> str:
        named = Condition.objects.filter(code__in=certification.condition_codes)
        return ", ".join(condition.name for condition in named)
