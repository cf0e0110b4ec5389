"""Saved input: what a physician typed is stored while they sign in again."""

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.decorators import View
from accounts.proof import proof_url
from accounts.requests import SignedInRequest
from certification.presenters.addresses import Row, step_url
from ui.encryption import decrypt, encrypt

SAVED_INPUT = "signing_kept"  # session key: what was typed while the physician signs in again, encrypted


def saving_input(view: View, request: SignedInRequest, row: Row, step: str) -> HttpResponseBase:
    """Answer by the view. If it asks to sign in again, save what was posted and show it again on the page of `step`."""
    try:
        return view(request, row)
    except ReauthenticationRequired:
        if request.method != "POST":
            raise
        return _save_and_ask(request, row, step)


def _save_and_ask(request: SignedInRequest, row: Row, step: str) -> HttpResponse:
    """Save the post encrypted, without a password, and lead over the page that asks who it is back to this one.

    allauth would store the post in the clear, with diagnoses, and send it again by itself.
    """
    posted = request.POST.copy()
    posted.pop("password", None)
    typed = encrypt(posted.urlencode(), context=SAVED_INPUT)
    request.session[SAVED_INPUT] = {"certification": row.pk, "step": step, "typed": typed}
    messages.warning(request, _("Nothing is signed yet. What you entered is kept: look it over, then send it again."))
    return redirect(proof_url(step_url(row, step)))


def saved_or_posted(request: SignedInRequest, row: Row, step: str) -> QueryDict | None:
    """Return the post, or the saved input of this page, or None."""
    if request.method == "POST":
        return request.POST
    saved = request.session.pop(SAVED_INPUT, None)
    if not saved or (saved["certification"], saved["step"]) != (row.pk, step):
        return None
    return QueryDict(decrypt(saved["typed"], context=SAVED_INPUT))
