"""The main address of an account, beyond allauth's own page."""

from typing import Any

from allauth.account.internal.flows.manage_email import mark_as_primary
from allauth.account.views import EmailView
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.actions import ask_main_address
from accounts.person import PersonRequest
from accounts.rules import AddressError, addresses_in, wanted_address
from accounts.views.confirming import say_when_next
from ui.mailed_links import MailedLink

LINK = "main_address"  # session key: the link that was opened


class Addresses(EmailView):
    """allauth makes another address the main one at once; here the present one confirms it first.

    When allauth sends no message because it sent one a moment ago, the page says so.
    """

    def form_valid(self, form: Any) -> HttpResponse:
        say_when_next(self.request, form.cleaned_data["email"])  # allauth adds the address all the same
        return super().form_valid(form)

    def _action_send(self, request: PersonRequest, *args: Any, **kwargs: Any) -> None:
        super()._action_send(request, *args, **kwargs)
        address = self._get_email_address(request)
        if address and not self._did_send_verification_email:
            say_when_next(request, address.email)

    def _action_primary(self, request: PersonRequest, *args: Any, **kwargs: Any) -> None:
        address = self._get_email_address(request)
        if address is None or address.primary:
            return
        try:
            ask_main_address(address=address, by=request.user)
            words = _("We sent a mail to %(email)s. Open its link to make the change.")
            messages.info(request, words % {"email": request.user.email})
        except AddressError as error:
            messages.error(request, str(error))


def _signed_by_us(token: str) -> str | None:
    return None if addresses_in(token) is None else token


main_address_link = MailedLink(
    session_key=LINK, page="accounts:main-address", template="accounts/main_address.html", find=_signed_by_us
).view()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def main_address(request: PersonRequest) -> HttpResponse:
    """Make the address of the link the main one when the button is pressed."""
    address = wanted_address(request.session.get(LINK, ""), by=request.user)
    if address and request.method == "POST" and mark_as_primary(request, address):
        del request.session[LINK]
        return redirect("account_email")
    return render(request, "accounts/main_address.html", {"address": address})
