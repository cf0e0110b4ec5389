"""The second factor, beyond allauth's own pages."""

from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic.edit import FormMixin

from accounts.actions import cancel_mfa_reset, keep_recovery_codes
from accounts.models import MFAReset
from accounts.person import PersonRequest
from accounts.rules import FactorError, ResetError
from ui.text import token_digest

RESET = "mfa_reset"  # session key: the reset whose link "this was not me" was opened


@require_safe
def second_way(request: PersonRequest) -> HttpResponse:
    """After the first method, one more: nobody is locked out by the loss of one device."""
    if not request.user.factors.has_mfa:
        return redirect("mfa_index")
    if request.user.factors.has_two_ways:
        return redirect("accounts:role")
    return render(request, "accounts/second_way.html")


@require_POST
def codes_kept(request: PersonRequest) -> HttpResponse:
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


@login_not_required
@require_safe
def lost_phone(request: HttpRequest) -> HttpResponse:
    """What to do without the second factor. The same for everybody: it says nothing about accounts."""
    return render(request, "accounts/lost_phone.html")


@login_not_required
@never_cache
@require_safe
def reset_link(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the token out of the address. Opening it changes nothing: scanners of mail open it too."""
    reset = MFAReset.objects.filter(token_digest=token_digest(token)).first()
    if reset is None:
        return render(request, "accounts/reset_cancel.html", status=404)
    request.session[RESET] = reset.pk
    return redirect("accounts:reset-cancel")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset_cancel(request: HttpRequest) -> HttpResponse:
    """The button, a POST, cancels at once; nothing of the account is shown."""
    reset = MFAReset.objects.filter(pk=request.session.get(RESET) or 0).first()
    if reset and request.method == "POST":
        try:
            cancel_mfa_reset(reset=reset, by=None)
        except ResetError as error:
            messages.error(request, str(error))
        return redirect("accounts:reset-cancel")
    return render(request, "accounts/reset_cancel.html", {"reset": reset})
