"""The pages on which the physician withdraws a certification, or closes a patient's record."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from certification import actions
from certification.forms.ending import ClosingForm, WithdrawalForm
from certification.models import Certification
from certification.presenters.addresses import is_signer, step_url
from certification.views.form_page import form_page, posted
from certification.views.scope import certification_page, tell_who_signs


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if certification.status != Certification.Status.ACTIVE:
        return redirect(step_url(certification, "confirmation"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    form = WithdrawalForm(posted(request), certification=certification)

    def act() -> HttpResponse:
        actions.withdraw_certification(certification=certification, **form.cleaned_data, by=request.user)
        messages.success(request, _("The certification is withdrawn."))
        return redirect(step_url(certification, "confirmation"))

    template, context = "certification/certification_withdraw.html", {"certification": certification}
    return form_page(request, form, act, template, shows=certification, context=context)


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if certification.patient.closed_at:
        return redirect(step_url(certification, "confirmation"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    form = ClosingForm(posted(request))

    def act() -> HttpResponse:
        actions.close_patient(patient=certification.patient, **form.cleaned_data, by=request.user)
        messages.success(request, _("The record is closed."))
        return redirect(step_url(certification, "confirmation"))

    template, context = "certification/patient_close.html", {"certification": certification}
    return form_page(request, form, act, template, shows=certification, context=context)
