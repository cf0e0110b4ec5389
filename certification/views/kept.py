"""Nothing of what a physician typed is lost when she has to sign in again before it counts."""

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from certification.views.scope import step_url
from ui.encryption import decrypt, encrypt

KEPT = "signing_kept"  # session key: what was typed while the physician signs in again, encrypted


def keeping_what_was_typed(view, request, certification, step):
    """Answer by `view`; a post that comes too late is kept, and shown again on the page of `step`."""
    try:
        return view(request, certification)
    except ReauthenticationRequired:
        if request.method != "POST":
            raise
        return _keep_and_ask(request, certification, step)


def _keep_and_ask(request, certification, step):
    """allauth would keep the post as it is, diagnoses in the clear: so it is encrypted, and sent again by hand."""
    typed = encrypt(request.POST.urlencode(), context=KEPT)
    request.session[KEPT] = {"certification": certification.pk, "step": step, "typed": typed}
    messages.warning(request, _("Nothing is signed yet. What you entered is kept: look it over, then send it again."))
    return redirect(step_url(certification, step))


def typed_in(request, certification, step):
    """The post, or what was kept of this page while signing in again, or None."""
    if request.method == "POST":
        return request.POST
    kept = request.session.pop(KEPT, None)
    if not kept or (kept["certification"], kept["step"]) != (certification.pk, step):
        return None
    return QueryDict(decrypt(kept["typed"], context=KEPT))
