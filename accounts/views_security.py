"""The second factor, beyond allauth's own pages."""

from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.generic.edit import FormMixin

from accounts.actions import keep_recovery_codes
from accounts.factors import FactorError


@require_safe
def second_way(request):
    """After the first method, one more: nobody is locked out by the loss of one device."""
    if not request.user.has_mfa:
        return redirect("mfa_index")
    if request.user.has_two_ways:
        return redirect("accounts:role")
    return render(request, "accounts/second_way.html")


@require_POST
def codes_kept(request):
    """ "I have kept them": from now on the recovery codes count."""
    try:
        keep_recovery_codes(by=request.user)
    except FactorError as error:
        messages.error(request, str(error))
        return redirect("mfa_index")
    return redirect("accounts:role")


class ReauthenticatePasskey(ReauthenticateWebAuthnView):
    """allauth's own leads away after a passkey that was not accepted; here one tries again, and goes on to the page."""

    form_invalid = FormMixin.form_invalid
