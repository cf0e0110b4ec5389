"""The pages on which the physician withdraws a certification, or closes a patient's record."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from accounts.rules import AccountsError
from certification import actions, rules
from certification.forms.ending import ClosingForm, WithdrawalForm
from certification.models import Certification
from certification.presenters.addresses import is_signer, step_url
from certification.views.scope import certification_page, record_view, tell_who_signs
from ui.errors import add_to_form


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if certification.status != Certification.Status.ACTIVE:
        return redirect(step_url(certification, "confirmation"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    form = WithdrawalForm(request.POST if request.method == "POST" else None, certification=certification)
    if form.is_valid():
        try:
            actions.withdraw_certification(certification=certification, **form.cleaned_data, by=request.user)
            messages.success(request, _("The certification is withdrawn."))
            return redirect(step_url(certification, "confirmation"))
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
    record_view(request, certification)
    return render(request, "certification/certification_withdraw.html", {"certification": certification, "form": form})


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if certification.patient.closed_at:
        return redirect(step_url(certification, "confirmation"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    form = ClosingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.close_patient(patient=certification.patient, **form.cleaned_data, by=request.user)
        messages.success(request, _("The record is closed."))
        return redirect(step_url(certification, "confirmation"))
    record_view(request, certification)
    return render(request, "certification/patient_close.html", {"certification": certification, "form": form})
