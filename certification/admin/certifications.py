"""What was signed, and how it ends."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ReasonForm, RowsInline, ShortPaginator, Step, related, search_term
from certification.actions import reinstate_certification, revoke_certification
from certification.admin.medical import sees_medical_words
from certification.models import Amendment, Certification, Condition, Letter, Patient
from certification.responses import letter_response
from certification.rules import can_move
from certification.search import as_number, numbered, people_called
from certification.statements import ATTESTATIONS, QUESTIONS

MEDICAL_FIELDS = ("conditions", "directions", "allotment_reason", "letters_kept")
NOT_FOR_ALL = (*MEDICAL_FIELDS, "ended_reason")
AMENDED_BY = related("amended_by", Amendment)


class AmendmentInline(RowsInline):
    """What was changed after the signature; what it was before stays in the row."""

    model = Amendment
    fields = ["created_at", "kind", "proof", "reason", AMENDED_BY]
    readonly_fields = ["created_at", AMENDED_BY]
    verbose_name_plural = _("Changes")
    joined = ("amended_by",)

    def get_fields(self, request, obj=None):
        """Why an allotment was changed may say what the patient suffers from."""
        fields = super().get_fields(request, obj)
        return fields if sees_medical_words(request.user) else [name for name in fields if name != "reason"]


@admin.register(Certification)
class CertificationAdmin(ActionAdmin):
    """Opens on what ends first. Drafts have no page here: they are for the office that writes them alone."""

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
    steps = (
        Step(
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
            form_class=ReasonForm,
        ),
        Step(
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

    def get_ordering(self, request):
        """What ends first, as an index holds it; the few that a search finds are sorted instead."""
        ordering = ["status", "expires_date"]
        return ordering if search_term(request, Certification) else [*ordering, "pk"]

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        found = people_called(search_term, "patient__")
        if as_number(search_term):  # of which a few are called: two tables in one OR would be read as a whole
            patients = Patient.objects.filter(people_called(search_term))
            found = numbered(search_term) | Q(patient__in=list(patients.values_list("pk", flat=True)))
        return queryset.filter(found), False

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        if sees_medical_words(request.user):
            return fields
        return [name for name in fields if name not in NOT_FOR_ALL]

    @admin.display(description=_("Valid through"), ordering="expires_date")
    def last_valid_day(self, certification):
        return date_format(certification.last_valid_day)

    def get_urls(self):
        view = self.admin_site.admin_view(self.letter_view)
        return [path("<int:pk>/letters/<slug:kind>/", view, name=self._url_name("letter")), *super().get_urls()]

    def letter_view(self, request, pk, kind):
        """The file of a letter, for the groups that may see what a patient suffers from."""
        if not sees_medical_words(request.user):
            raise PermissionDenied
        letter = get_object_or_404(Letter, certification__in=self.get_queryset(request), certification=pk, kind=kind)
        return letter_response(letter, by=request.user)

    @admin.display(description=_("Letters"))
    def letters_kept(self, certification):
        address = f"admin:{self._url_name('letter')}"
        rows = (
            (reverse(address, args=[certification.pk, one.kind]), one.get_kind_display(), one.writer, one.letter_date)
            for one in certification.letters.all()
        )
        return format_html_join("", '<p><a href="{}">{}</a>: {}, {}</p>', rows) or "-"

    @admin.display(description=_("As signed"))
    def as_signed(self, certification):
        return format_html_join("", "<p>{}</p>", ((sentence,) for sentence in certification.signed_sentences))

    @admin.display(description=_("Papers"))
    def papers(self, certification):
        """For the people who come to us for them; who may not print gets a 404 there."""
        names = {"card": _("Card"), "certificate": _("Certificate")}
        links = (
            (reverse(f"certification:certification-{name}", args=[certification.uuid]), label)
            for name, label in names.items()
        )
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.display(description=_("Conditions"))
    def conditions(self, certification):
        named = Condition.objects.filter(code__in=certification.condition_codes)
        return ", ".join(condition.name for condition in named)
