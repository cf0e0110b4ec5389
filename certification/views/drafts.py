"""The guard of the pages of a draft, its step indicator, and the pages that begin and discard a draft."""

from collections.abc import Mapping
from functools import partial, wraps
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import View, office_required
from accounts.models import Physician, User
from accounts.person import PersonRequest
from accounts.requests import SignedInRequest
from accounts.rules import NotEligible, check_physician_is_eligible
from certification.actions import discard_draft, start_draft
from certification.forms import AddForm
from certification.models import Draft
from certification.presenters.addresses import is_signer, step_url
from certification.presenters.steps import STEP_LABELS, steps_of
from certification.rules import CertificationError
from certification.views.scope import OfficeRequest, find_draft, own_certification, say_whose, tell_who_signs


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
        "step_title": STEP_LABELS[current],
    }


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def certification_add(request: PersonRequest) -> HttpResponse:
    """Begin the draft of a new patient."""
    form = AddForm(
        request.POST if request.method == "POST" else None,
        physicians=_physicians_of(request.user),
        is_applicant=request.person.is_applicant,
        initial={"key": uuid4()},
    )
    if form.is_valid():
        draft = start_draft(
            physician=form.chosen_physician,
            questions=form.answers,
            key=form.cleaned_data["key"],
            by=request.user,
        )
        return redirect(step_url(draft, "profile"))
    return render(request, "certification/certification_add.html", {"form": form, "obstacle": _obstacle(form)})


def _physicians_of(user: User) -> QuerySet[Physician]:
    """Return the physicians for whom the account prepares, with its own physician."""
    current = user.delegations.current(timezone.localdate())
    return Physician.objects.filter(Q(user=user) | Q(delegates__in=current)).order_by("search_name").distinct()


def _obstacle(form: AddForm) -> str:
    """Return why the physician could not sign today, so that the office knows it before the work."""
    if form.only_physician is None:
        return ""
    try:
        check_physician_is_eligible(form.only_physician, today=timezone.localdate())
    except NotEligible as error:
        return str(error)
    return ""


@partial(draft_page, of_renewal=True)
def certification_discard(request: SignedInRequest, draft: Draft) -> HttpResponse:
    """Ask before a draft is discarded, and delete it."""
    if request.method != "POST":
        return render(request, "certification/certification_discard.html", {"draft": draft})
    try:
        discard_draft(draft=draft, by=request.user)
        messages.success(request, _("The draft was discarded."))
    except CertificationError:
        pass  # signed or discarded a moment ago: the list shows what became of it
    return redirect("certification:patient-list")
