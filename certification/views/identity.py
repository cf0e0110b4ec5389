"""The pages that ask whether a draft's patient is known, and that take over another physician's patient."""

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.requests import SignedInRequest
from certification import actions, rules
from certification.forms.office import TakeOverForm
from certification.models import Draft
from certification.presenters.addresses import step_url
from certification.presenters.people import duplicate_row
from certification.steps import answers_of, next_page, step_errors
from certification.views.drafts import draft_page, signer_page
from certification.views.form_page import form_page, posted
from ui.forms import PortalForm


@draft_page
def duplicates(request: SignedInRequest, draft: Draft) -> HttpResponse:
    """Ask which of the physician's patients the draft is for, or whether it is a different person."""
    today = timezone.localdate()
    profile = answers_of(draft.answers)["profile"] or {}
    found = rules.possible_duplicates(profile, physician=draft.certifier)
    if not found:
        return redirect(step_url(draft, "profile"))
    form = PortalForm(posted(request))

    def act() -> HttpResponse:
        same_as = next((patient for patient in found if patient.number == request.POST.get("same")), None)
        settled = actions.tell_apart(draft=draft, same_as=same_as, by=request.user)
        return redirect(step_url(settled, next_page(settled, today=today)))

    context = {
        "draft": draft,
        "name": draft.patient_name,
        "rows": [duplicate_row(patient, draft.physician, today=today) for patient in found],
    }
    return form_page(request, form, act, "certification/certification_duplicates.html", shows=draft, context=context)


@signer_page
def take_over(request: SignedInRequest, draft: Draft) -> HttpResponse:
    """Sign for a patient of another physician, and say how that was agreed."""
    if step_errors(draft, today=timezone.localdate()):
        return redirect(step_url(draft, "sign"))
    return _take_over(request, draft)


@reauthentication_required
def _take_over(request: SignedInRequest, draft: Draft) -> HttpResponse:
    form = TakeOverForm(posted(request), physician=rules.signer_of(draft))

    def act() -> HttpResponse:
        seen = request.POST.get("seen", "")
        signed = actions.take_over_patient(draft=draft, **form.cleaned_data, seen=seen, by=request.user)
        return redirect(step_url(signed, "confirmation"))

    context = {"draft": draft, "name": draft.patient_name, "seen": rules.draft_digest(draft.answers)}
    return form_page(request, form, act, "certification/certification_take_over.html", shows=draft, context=context)
