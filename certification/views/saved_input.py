"""Nothing that a physician typed is lost when signing in again is asked first."""

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.decorators import View
from accounts.requests import SignedInRequest
from certification.presenters.addresses import Row, step_url
from ui.encryption import decrypt, encrypt

SAVED_INPUT = "signing_kept"  # session key: what was typed while the physician signs in again, encrypted


def saving_input(view: View, request: SignedInRequest, row: Row, step: str) -> HttpResponseBase:
    """Answer by `view`; a post that comes too late is kept, and shown again on the page of `step`."""
    try:
        return view(request, row)
    except ReauthenticationRequired:
        if request.method != "POST":
            raise
        return _keep_and_ask(request, row, step)


def _keep_and_ask(request: SignedInRequest, row: Row, step: str) -> HttpResponse:
    """allauth would keep the post as it is, diagnoses in the clear: so it is encrypted, and sent again by hand."""
    typed = encrypt(request.POST.urlencode(), context=SAVED_INPUT)
    request.session[SAVED_INPUT] = {"certification": row.pk, "step": step, "typed": typed}
    messages.warning(request, _("Nothing is signed yet. What you entered is kept: look it over, then send it again."))
    return redirect(step_url(row, step))


def saved_or_posted(request: SignedInRequest, row: Row, step: str) -> QueryDict | None:
    """The post, or what was kept of this page while signing in again, or None."""
    if request.method == "POST":
        return request.POST
    kept = request.session.pop(SAVED_INPUT, None)
    if not kept or (kept["certification"], kept["step"]) != (row.pk, step):
        return None
    return QueryDict(decrypt(kept["typed"], context=SAVED_INPUT))
