"""The gate of every page of a draft, its step indicator, and the two ends of a draft: begun and discarded."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.models import Physician, User
from accounts.rules import NotEligible, check_physician_is_eligible
from certification.actions import discard_draft, start_draft
from certification.forms import AddForm
from certification.models import Draft
from certification.rules import CertificationError
from certification.steps import OPTIONAL_STEPS, STEPS, step_names
from certification.views.scope import find_draft, is_signer, own_certification, step_url, tell_who_signs

REVIEW = "review"
STEP_LABELS = {**STEPS, REVIEW: gettext_lazy("Review and sign")}
Page = Callable[..., HttpResponse]


def draft_page(view: Page, *, for_signer: bool = False, of_renewal: bool = False) -> Page:
    """Give the view the draft of this office; with `for_signer`, only to the physician who signs it.

    From the address of a draft that was signed meanwhile, the office is led to the certification. A renewal is
    answered on the page of the certification that it renews, unless the page is meant for it too (`of_renewal`).
    """

    @office_required
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, uuid: UUID) -> HttpResponse:
        draft = find_draft(request.user, uuid)
        if draft is None:
            return redirect(step_url(own_certification(request, uuid), "confirmation"))
        if draft.renews is not None and not of_renewal:
            return redirect(step_url(draft.renews, "renew"))
        if for_signer and not is_signer(request.user, draft):
            return tell_who_signs(request, draft)
        return view(request, draft)

    return page


signer_page = partial(draft_page, for_signer=True)


def step_context(draft: Draft, current: str, errors: Mapping[str, Exception]) -> dict[str, Any]:
    """What base_step.html needs: each step with its state. A step is done when it could be signed as it stands."""
    names = [*step_names(draft, today=timezone.localdate()), REVIEW]
    place = names.index(current)
    steps = []
    for number, name in enumerate(names):
        is_done = name in STEPS and name not in errors
        if name in OPTIONAL_STEPS and name not in draft.answers:
            is_done = is_done and number < place
        state = "current" if name == current else "done" if is_done else "todo"
        steps.append({"label": STEP_LABELS[name], "url": step_url(draft, name), "state": state})
    return {
        "draft": draft,
        "steps": steps,
        "step_number": place + 1,
        "step_count": len(names),
        "step_title": STEP_LABELS[current],
    }


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def certification_add(request: HttpRequest) -> HttpResponse:
    """Begin the draft of a new patient."""
    form = AddForm(
        request.POST if request.method == "POST" else None,
        physicians=_physicians_of(request.user),
        is_applicant=request.user.is_applicant,
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
    """The physicians for whom the account prepares, itself among them when it is a physician's."""
    current = user.delegations.current(timezone.localdate())
    return Physician.objects.filter(Q(user=user) | Q(delegates__in=current)).order_by("search_name").distinct()


def _obstacle(form: AddForm) -> str:
    """Why the physician could not sign today: better known before the work than after it."""
    if form.only_physician is None:
        return ""
    try:
        check_physician_is_eligible(form.only_physician, today=timezone.localdate())
    except NotEligible as error:
        return str(error)
    return ""


@partial(draft_page, of_renewal=True)
def certification_discard(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Ask whether the draft may be forgotten, and delete it."""
    if request.method != "POST":
        return render(request, "certification/certification_discard.html", {"draft": draft})
    try:
        discard_draft(draft=draft, by=request.user)
        messages.success(request, _("The draft was discarded."))
    except CertificationError:
        pass  # signed or discarded a moment ago: the list shows what became of it
    return redirect("certification:patient-list")
