"""The pages on which an office names or ends a caregiver after the signature."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from certification import actions, rules
from certification.forms.office import AssignForm, EndCaregiverForm
from certification.models import Certification
from certification.presenters.addresses import step_url
from certification.views.scope import certification_page, record_view, runs_today
from ui.errors import add_to_form


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    current = certification.patient.current_assignment
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        has_current=current is not None,
        is_guardian=rules.is_guarded(certification.patient, today=timezone.localdate()),
    )
    if form.is_valid():
        try:
            assignment = actions.assign_caregiver(certification=certification, **form.answers, by=request.user)
            words = _("%(name)s is the caregiver. Everybody concerned is told.")
            messages.success(request, words % {"name": assignment.caregiver.name})
            return redirect(step_url(certification, "confirmation"))
        except rules.CertificationError as error:
            add_to_form(form, error)
    record_view(request, certification)
    context = {"certification": certification, "patient": certification.patient, "current": current, "form": form}
    return render(request, "certification/caregiver_assign.html", context)


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: SignedInRequest, certification: Certification) -> HttpResponse:
    current = certification.patient.current_assignment
    if current is None or not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    form = EndCaregiverForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.end_caregiver(certification=certification, reason=form.cleaned_data["reason"], by=request.user)
            words = _("%(name)s acts for the patient no more. Both are told.")
            messages.success(request, words % {"name": current.caregiver.name})
            return redirect(step_url(certification, "confirmation"))
        except rules.CertificationError as error:
            add_to_form(form, error)
    record_view(request, certification)
    context = {"certification": certification, "patient": certification.patient, "current": current, "form": form}
    return render(request, "certification/caregiver_end.html", context)
