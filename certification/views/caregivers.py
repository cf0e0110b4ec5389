"""The pages on which an office names or ends a caregiver after the signature."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from certification import actions, rules
from certification.forms.office import AssignForm, EndCaregiverForm
from certification.forms.people import ADDRESS
from certification.models import Certification
from certification.presenters.addresses import step_url
from certification.views.form_page import form_page, posted
from certification.views.scope import certification_page, runs_today


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    current = certification.patient.current_assignment
    form = AssignForm(
        posted(request),
        has_current=current is not None,
        home={name: getattr(certification.patient, name) for name in ADDRESS},
        is_guardian=rules.is_guarded(certification.patient, today=timezone.localdate()),
    )

    def act() -> HttpResponse:
        assignment = actions.assign_caregiver(certification=certification, **form.answers, by=request.user)
        words = _("%(name)s is the caregiver. Everybody concerned is told.")
        messages.success(request, words % {"name": assignment.caregiver.name})
        return redirect(step_url(certification, "confirmation"))

    context = {"certification": certification, "patient": certification.patient, "current": current}
    return form_page(request, form, act, "certification/caregiver_assign.html", shows=certification, context=context)


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: SignedInRequest, certification: Certification) -> HttpResponse:
    current = certification.patient.current_assignment
    if current is None or not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    form = EndCaregiverForm(posted(request))

    def act() -> HttpResponse:
        actions.end_caregiver(certification=certification, reason=form.cleaned_data["reason"], by=request.user)
        words = _("%(name)s no longer acts for the patient. Both get a message.")
        messages.success(request, words % {"name": current.caregiver.name})
        return redirect(step_url(certification, "confirmation"))

    context = {"certification": certification, "patient": certification.patient, "current": current}
    return form_page(request, form, act, "certification/caregiver_end.html", shows=certification, context=context)
