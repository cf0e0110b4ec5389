"""The pages on which patients ask the office or report to it, and on which the office answers."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import office_required
from accounts.models import User
from accounts.requests import SignedInRequest
from audit.actions import record
from certification import actions, rules
from certification.forms.joining import MoveForm, RefusalForm, RequestForm
from certification.models import Certification, Patient, PatientRequest
from certification.views.form_page import form_page, posted

SHOWN_FOR = timedelta(days=30)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Ask the office for something, as the patient or as the caregiver."""
    certification = get_object_or_404(_signed_of(request.user), uuid=uuid)
    today = timezone.localdate()
    opens = rules.renewal_can_be_asked_from(certification, today=today)
    form = RequestForm(posted(request), renewal_opens=opens)

    def act() -> HttpResponse:
        actions.ask_office(certification=certification, **form.cleaned_data, by=request.user)
        messages.success(request, _("Sent. You are called or written to."))
        return redirect("accounts:role")

    context = {
        "certification": certification,
        "asked": _recent(certification.patient),
        "has_left": certification.physician.has_left_on(today),
    }
    return form_page(request, form, act, "certification/certification_ask.html", shows=certification, context=context)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Report a new home of the patient, as the patient or as the caregiver."""
    certification = get_object_or_404(_signed_of(request.user), uuid=uuid)
    form = MoveForm(posted(request))

    def act() -> HttpResponse:
        kind = PatientRequest.Kind.ADDRESS
        actions.ask_office(certification=certification, kind=kind, address=form.cleaned_data, by=request.user)
        messages.success(request, _("Reported. The office confirms it within one working day."))
        return redirect("certification:certification-ask", uuid)

    context = {"certification": certification, "patient": certification.patient}
    return form_page(request, form, act, "certification/certification_move.html", shows=certification, context=context)


def _recent(patient: Patient) -> QuerySet[PatientRequest]:
    """Return the requests that are open, or were answered in the last 30 days, the newest first."""
    since = timezone.now() - SHOWN_FOR
    return patient.requests.filter(Q(answered_at__isnull=True) | Q(answered_at__gte=since)).order_by("-pk")


def _signed_of(user: User) -> QuerySet[Certification]:
    """Return the certifications of the account and of those for whom it acts, without those that a renewal replaced."""
    patients = Patient.objects.in_hands_of(user)
    signed = Certification.objects.exclude(status=Certification.Status.SUPERSEDED)
    return signed.filter(patient__in=patients.values("pk")).select_related("patient", "physician")


@office_required
@require_POST
def answered(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Mark a request as answered, or confirm a reported address."""
    asked = _asked(request, uuid)
    try:
        if asked.kind == PatientRequest.Kind.ADDRESS:
            actions.confirm_address(request=asked, by=request.user)
            messages.success(request, _("Confirmed. The address is changed, and the patient is told."))
        else:
            actions.answer_request(request=asked, by=request.user)
            messages.success(request, _("Marked as answered."))
    except rules.CertificationError as error:
        messages.error(request, str(error))
    return redirect("certification:patient-list")


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    asked = _asked(request, uuid)
    form = RefusalForm(posted(request))

    def act() -> HttpResponse:
        actions.refuse_request(request=asked, **form.cleaned_data, by=request.user)
        messages.success(request, _("Not confirmed. The patient reads why."))
        return redirect("certification:patient-list")

    def look() -> None:
        record(action="request.view", by=request.user, subject=asked)

    template, context = "certification/request_refuse.html", {"asked": asked}
    return form_page(request, form, act, template, on_view=look, context=context)


def _asked(request: SignedInRequest, uuid: UUID) -> PatientRequest:
    return get_object_or_404(PatientRequest.objects.in_hands_of(request.user, timezone.localdate()), uuid=uuid)
