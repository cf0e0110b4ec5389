"""The page "check your mail": the address, when another message can be sent, and a button that sends it."""

from typing import Any

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.account.views import EmailVerificationSentView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.adapters import CONFIRMING
from accounts.cooldown import next_mail_at
from ui.templatetags.portal import clock


def say_when_next(request: HttpRequest, address: str) -> None:
    """Say on the next page when another message can be sent to `address`, if it cannot be sent now."""
    if opens_at := next_mail_at(request, address):
        words = _("We wrote to %(email)s a moment ago. Another mail can be sent at %(time)s Eastern.")
        messages.info(request, words % {"email": address, "time": clock(opens_at)})


@method_decorator([login_not_required, never_cache], name="dispatch")
class CheckYourMail(EmailVerificationSentView):
    """Shows the same for an address that has an account and for one that has none."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address, _user = self.request.session.get(CONFIRMING, (None, None))
        opens_at = next_mail_at(self.request, address) if address else None
        return super().get_context_data(**kwargs) | {"address": address, "opens_at": opens_at}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the message again, or say when it can be sent."""
        address, user = request.session.get(CONFIRMING, (None, None))
        if address and not send_verification_email_to_address(request, _to(address, user), signup=True):
            say_when_next(request, address)
        return redirect("account_email_verification_sent")


def _to(address: str, user: int | None) -> EmailAddress:
    """Return the account's unconfirmed address, or one that gets the message "you have an account"."""
    waiting = EmailAddress.objects.filter(email=address, user=user, verified=False).first() if user else None
    return waiting or EmailAddress(email=address)
