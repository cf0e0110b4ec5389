"""The pages of a self-assessment: its form, skipping it, and earlier answers."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actions import record
from delivery.orderers import OrdererRequest, not_by_phone, orderer_required
from dispensing import actions
from dispensing.forms import AssessmentForm
from dispensing.models import SelfAssessment
from dispensing.presenters.assessments import SEALED, question_of, told_by_patient
from dispensing.rules import why_not_assess
from ui.errors import PortalError, add_to_form

MOST_SHOWN = 50


def _assessment(request: OrdererRequest, uuid: UUID) -> SelfAssessment:
    """Return a question about one of the patients for whom the account may order, or answer 404."""
    mine = SelfAssessment.objects.filter(patient__in=request.orderer.patients)
    found = mine.filter(uuid=uuid).select_related("patient", "order").defer(*SEALED).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@orderer_required
def assessment(request: OrdererRequest, uuid: UUID) -> HttpResponse:
    """Ask how well it works, and keep the answers."""
    asked, orderer = _assessment(request, uuid), request.orderer
    if refusal := why_not_assess(asked, user=request.user, today=timezone.localdate(), caller=orderer.caller):
        messages.warning(request, refusal)
        return redirect(_after(request, asked))
    form = AssessmentForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.record_assessment(assessment=asked, by=request.user, caller=orderer.caller, **form.cleaned_data)
        except PortalError as error:
            add_to_form(form, error)
        else:
            messages.success(request, _("Thank you. Our pharmacist reads it before your next order is confirmed."))
            return redirect(_after(request, asked))
    question = question_of(asked, user=request.user, form=form)
    if asked.patient.user_id != request.user.pk:
        record(action="assessment.view", by=request.user, subject=asked)
    return render(request, "dispensing/assessment.html", {"asked": question, "orderer": orderer, "form": form})


@require_POST
@orderer_required
def assessment_skip(request: OrdererRequest, uuid: UUID) -> HttpResponse:
    """Close the question without an answer."""
    asked = _assessment(request, uuid)
    try:
        actions.skip_assessment(assessment=asked, by=request.user, caller=request.orderer.caller)
    except PortalError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Skipped. We ask again at another time."))
    return redirect(_after(request, asked))


def _after(request: OrdererRequest, asked: SelfAssessment) -> str:
    """Return where to go on: the order that asked, or the home page; during a call its orders."""
    if request.orderer.caller is not None:
        return reverse("delivery:order-list")
    if asked.cause == SelfAssessment.Cause.REORDER:
        return reverse("delivery:order-detail", args=[asked.order.number])
    return reverse("delivery:home")


@require_safe
@not_by_phone
@orderer_required
def assessment_list(request: OrdererRequest) -> HttpResponse:
    """Show what was told about the chosen patient, the latest first."""
    patient = request.orderer.patient
    told = told_by_patient(patient, since=None, most=MOST_SHOWN, with_words=True)
    if request.orderer.is_for_somebody_else:
        record(action="assessment.view", by=request.user, subject=patient)
    return render(request, "dispensing/assessment_list.html", {"orderer": request.orderer, "told": told})
