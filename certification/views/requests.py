"""What a patient asks of the office: her own page of it, and the office's answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import office_required
from certification import actions, rules
from certification.forms_joining import RequestForm
from certification.models import Certification, Patient, PatientRequest
from certification.views.scope import record_view
from ui.errors import add_to_form


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request, uuid):
    """For the patient, and for a caregiver who acts for her."""
    certification = get_object_or_404(_signed_of(request.user), uuid=uuid)
    today = timezone.localdate()
    form = RequestForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.ask_office(certification=certification, **form.cleaned_data, by=request.user)
            messages.success(request, _("Sent. You are called or written to."))
            return redirect("accounts:role")
        except rules.CertificationError as error:
            add_to_form(form, error)
    record_view(request, certification)
    context = {
        "form": form,
        "certification": certification,
        "waiting": certification.patient.requests.open().order_by("pk"),
        "has_left": certification.physician.has_left_on(today),
    }
    return render(request, "certification/certification_ask.html", context)


def _signed_of(user):
    """The certifications of whom she is, and of whom she acts for; what a renewal replaced is asked about no more."""
    patients = Patient.objects.in_hands_of(user)
    signed = Certification.objects.exclude(status__in=[Certification.Status.DRAFT, Certification.Status.SUPERSEDED])
    return signed.filter(patient__in=patients.values("pk")).select_related("patient", "physician")


@office_required
@require_POST
def answered(request, uuid):
    asked = get_object_or_404(PatientRequest.objects.in_hands_of(request.user, timezone.localdate()), uuid=uuid)
    actions.answer_request(request=asked, by=request.user)
    messages.success(request, _("Marked as answered."))
    return redirect("certification:patient-list")
