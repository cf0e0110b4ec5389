"""The guard of the pages of a draft, its step indicator, and the page that discards a draft."""

from collections.abc import Mapping
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import View, office_required
from accounts.requests import SignedInRequest
from certification.actions import discard_draft
from certification.models import Draft
from certification.presenters.addresses import is_signer, step_url
from certification.presenters.steps import PAGE_LABELS, steps_of
from certification.rules import CertificationError
from certification.views.scope import (
    OfficeRequest,
    find_draft,
    own_certification,
    record_view,
    say_whose,
    tell_who_signs,
)


def draft_page(view: View, *, for_signer: bool = False, of_renewal: bool = False) -> View:
    """Give the view the draft of this office; with `for_signer`, only to the physician who signs it.

    From the address of a draft that was signed meanwhile, the office is led to the certification. A renewal is
    answered on the page of the certification that it renews, unless the page is meant for it too (`of_renewal`).
    """

    @office_required
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: OfficeRequest, uuid: UUID) -> HttpResponseBase:
        draft = find_draft(request.user, uuid)
        if draft is None:
            return redirect(step_url(own_certification(request, uuid), "confirmation"))
        if draft.renews is not None and not of_renewal:
            return redirect(step_url(draft.renews, "renew"))
        say_whose(request, draft)
        if for_signer and not is_signer(request.user, draft):
            return tell_who_signs(request, draft)
        return view(request, draft)

    return page


signer_page = partial(draft_page, for_signer=True)


def step_context(draft: Draft, current: str, errors: Mapping[str, Exception]) -> dict[str, Any]:
    """Return what base_step.html needs: each step with its state."""
    steps = steps_of(draft, current, errors, today=timezone.localdate())
    number = next(number for number, step in enumerate(steps, start=1) if step.state == "current")
    return {
        "draft": draft,
        "steps": steps,
        "step_number": number,
        "step_count": len(steps),
        "step_title": PAGE_LABELS[current],
    }


@partial(draft_page, of_renewal=True)
def certification_discard(request: SignedInRequest, draft: Draft) -> HttpResponse:
    """Ask before a draft is discarded, and delete it."""
    if request.method != "POST":
        record_view(request, draft)
        return render(request, "certification/certification_discard.html", {"draft": draft})
    try:
        discard_draft(draft=draft, by=request.user)
        messages.success(request, _("The draft was discarded."))
    except CertificationError:
        pass  # signed or discarded a moment ago: the list shows what became of it
    return redirect("certification:patient-list")
