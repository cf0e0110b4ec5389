"""What a Pharmacist enters of a patient's allotment: a step of the patient's desk, and the list of what was entered."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, Step
from audit.secret_columns import without_secrets
from certification.admin.people import PatientAdmin
from delivery import actions
from delivery.ledger import ledger_of
from delivery.models import AllotmentEntry
from ui.forms import DateBoxesField, GramsField, PortalForm
from ui.templatetags.portal import grams, long_date


class EntryForm(PortalForm):
    day = DateBoxesField(label=_("Day"), not_future=True)
    amount_mg = GramsField(label=_("Flower equivalent in grams"))
    origin = forms.ChoiceField(label=_("Origin"), choices=AllotmentEntry.Origin)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Kept; only staff read it."))


def _explain(patient):
    certification = _latest(patient)
    if certification is None:
        return _("This patient has no certification.")
    ledger = ledger_of(patient, certification, now=timezone.now())
    words = {
        "limit": grams(ledger.limit_mg),
        "left": grams(ledger.left_mg),
        "day": long_date(ledger.day),
        "held": ", ".join(order.number for order in ledger.orders) or _("none"),
    }
    return (
        _(
            "Monthly limit %(limit)s; %(left)s left for %(day)s. Orders that count: %(held)s.\n"
            "What you enter is never changed, only taken back by a correction of the same day. Open orders that no "
            "longer fit are cancelled, the latest first, and the person who ordered gets a mail."
        )
        % words
    )


def _latest(patient):
    signed = patient.certifications.all()
    return without_secrets(signed).order_by("-certified_at").first()


# Certification stands below delivery and cannot name what it does not know: the step is put on its desk from here.
PatientAdmin.steps = (
    *PatientAdmin.steps,
    Step(
        name="allotment",
        label=_("Enter a sale or a correction"),
        permission="delivery.add_allotmententry",
        offered=lambda patient: _latest(patient) is not None,
        explain=_explain,
        perform=lambda patient, request, **answers: actions.record_allotment_entry(
            patient=patient, by=request.user, **answers
        ),
        form_class=EntryForm,
    ),
)


@admin.register(AllotmentEntry)
class AllotmentEntryAdmin(ActionAdmin):
    list_display = ["day", "patient", "amount", "origin", "by", "reason"]
    list_filter = ["origin"]
    list_select_related = ["patient", "by"]
    search_fields = ["patient__number"]
    ordering = ["-pk"]
    fields = ["day", "patient", "amount", "origin", "by", "reason", "created_at", "ledger"]

    @admin.display(description=_("amount"), ordering="amount_mg")
    def amount(self, entry):
        return grams(entry.amount_mg)

    @admin.display(description=_("ledger"))
    def ledger(self, entry):
        url = reverse("delivery:allotment-of", args=[_latest(entry.patient).uuid])
        return format_html('<a href="{}">{}</a>', url, _("See what counts"))
