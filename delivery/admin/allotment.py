"""Allotment entries: an action page of the patient on which a Pharmacist enters them, and their list."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage
from audit.exports import Column, Export, amounts, moment
from audit.secret_columns import without_secrets
from certification.admin.people import PatientAdmin
from certification.models import Certification, Patient
from certification.search import patients_called
from delivery import actions
from delivery.models import AllotmentEntry
from delivery.presenters.ledger import ledger_of
from delivery.rules import STAFF_ORIGINS
from ui.forms import DateBoxesField, GramsField, PortalForm
from ui.search_terms import SearchTerm
from ui.templatetags.portal import grams, long_date


class EntryForm(PortalForm):
    day = DateBoxesField(label=_("Day"), not_future=True)
    amount_mg = GramsField(label=_("Flower equivalent in grams"))
    origin = forms.ChoiceField(
        label=_("Origin"), choices=[choice for choice in AllotmentEntry.Origin.choices if choice[0] in STAFF_ORIGINS]
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Stored; only staff read it."))


def _explain(patient: Patient) -> str:
    certification = _latest(patient)
    if certification is None:
        return gettext("This patient has no certification.")
    ledger = ledger_of(patient, certification, now=timezone.now())
    words = {
        "limit": grams(ledger.limit_mg),
        "left": grams(ledger.left_mg),
        "day": long_date(ledger.day),
        "held": ", ".join(str(order.number) for order in ledger.orders) or _("none"),
    }
    return (
        gettext(
            "Monthly limit %(limit)s; %(left)s left for %(day)s. Orders that count: %(held)s.\n"
            "What you enter is never changed, only taken back by a correction of the same day. Open orders that no "
            "longer fit are cancelled, the latest first, and the person who ordered is told; you see these orders "
            "first, and are asked."
        )
        % words
    )


def _latest(patient: Patient) -> Certification | None:
    """Return the patient's latest certification, or None."""
    signed = patient.certifications.all()
    return without_secrets(signed).order_by("-certified_at").first()


# The app certification is below delivery and does not know allotment entries, so this app adds the action page.
ENTER = ActionPage(
    name="allotment",
    label=_("Enter a sale or a correction"),
    permission="delivery.add_allotmententry",
    offered=lambda patient: _latest(patient) is not None,
    explain=_explain,
    perform=lambda patient, request, **answers: actions.record_allotment_entry(
        patient=patient, by=request.user, **answers
    ),
    form_class=EntryForm,
)
PATIENT_ADMIN: type[ActionAdmin] = PatientAdmin
PATIENT_ADMIN.action_pages = (*PatientAdmin.action_pages, ENTER)


EXPORT = Export(
    "allotment-entries",
    columns=(
        Column("id", "pk"), Column("day", "day"), Column("patient", "patient__number"),
        *amounts("flower equivalent", "amount_mg"), Column("origin", "origin"), Column("entered by", "by__email"),
        Column("reason", "reason"), moment("entered", "created_at"),
    ),
)  # fmt: skip


@admin.register(AllotmentEntry)
class AllotmentEntryAdmin(ActionAdmin):
    list_display = ["day", "patient", "amount", "origin", "by", "reason"]
    list_filter = ["origin"]
    list_select_related = ["patient", "by"]
    search_fields = ["patient__number"]  # so that the box is there; what it finds, get_search_results says
    search_help_text = _("Name, phone or number of the patient")
    ordering = ["-pk"]
    export = EXPORT
    fields = ["day", "patient", "amount", "origin", "by", "reason", "created_at", "ledger"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AllotmentEntry], search_term: str
    ) -> tuple[QuerySet[AllotmentEntry], bool]:
        if not search_term:
            return queryset, False
        if SearchTerm(search_term).day:  # not everybody here may read birth dates
            return queryset.none(), False
        return queryset.filter(patient__in=Patient.objects.filter(patients_called(search_term)).values("pk")), False

    @admin.display(description=_("amount"), ordering="amount_mg")
    def amount(self, entry: AllotmentEntry) -> str:
        return grams(entry.amount_mg)

    @admin.display(description=_("ledger"))
    def ledger(self, entry: AllotmentEntry) -> SafeString:
        certification = _latest(entry.patient)
        assert certification is not None  # nobody is a patient before a certification is signed
        url = reverse("delivery:allotment-of", args=[certification.uuid])
        return format_html('<a href="{}">{}</a>', url, _("See what counts"))
