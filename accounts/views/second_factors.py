"""Pages about second factors, beyond allauth's own."""

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
from ui.mailed_links import MailedLink
from ui.text import token_digest

RESET = "mfa_reset"  # session key: the reset whose link "this was not me" was opened


@require_safe
def second_way(request: PersonRequest) -> HttpResponse:
    """Ask for one more way to sign in after the first, so that the loss of one device locks nobody out."""
    if not request.user.factors.has_mfa:
        return redirect("mfa_index")
    if request.user.factors.has_two_ways:
        return redirect("accounts:role")
    return render(request, "accounts/second_way.html")


@require_POST
def codes_kept(request: PersonRequest) -> HttpResponse:
    """Count the recovery codes from now on, because their owner says that they are stored."""
    try:
        keep_recovery_codes(by=request.user)
    except FactorError as error:
        messages.error(request, str(error))
        return redirect("mfa_index")
    return redirect("accounts:role")


class ReauthenticatePasskey(ReauthenticateWebAuthnView):
    """Shows the form again after a passkey that was not accepted. allauth's own view leads away."""

    form_invalid = FormMixin.form_invalid


@login_not_required
@require_safe
def lost_phone(request: HttpRequest) -> HttpResponse:
    """Say what to do without the second factor. The page is the same for everybody and says nothing about accounts."""
    return render(request, "accounts/lost_phone.html")


def _reset_of(token: str) -> int | None:
    return MFAReset.objects.filter(token_digest=token_digest(token)).values_list("pk", flat=True).first()


reset_link = MailedLink(
    session_key=RESET, page="accounts:reset-cancel", template="accounts/reset_cancel.html", find=_reset_of
).view()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset_cancel(request: HttpRequest) -> HttpResponse:
    """Cancel the reset at once when the button is pressed. The page shows nothing of the account."""
    reset = MFAReset.objects.filter(pk=request.session.get(RESET) or 0).first()
    if reset and request.method == "POST":
        try:
            cancel_mfa_reset(reset=reset, by=None)
        except ResetError as error:
            messages.error(request, str(error))
        return redirect("accounts:reset-cancel")
    return render(request, "accounts/reset_cancel.html", {"reset": reset})
