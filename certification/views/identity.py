"""Whether the patient of a draft is one of the physician's own, or comes from another physician."""

from allauth.account.decorators import reauthentication_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.rules import AccountsError
from certification import actions, rules
from certification.forms_office import TakeOverForm
from certification.standing import standing_of
from certification.steps import answers_of, next_step, step_errors
from certification.views.scope import is_draft, is_signer, own_certification, record_view, step_url, tell_who_signs
from ui.errors import add_to_form
from ui.forms import PortalForm


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def duplicates(request, uuid):
    """My patient: renew; my patient again; or a different person."""
    certification = own_certification(request, uuid)
    if not is_draft(certification):
        return redirect(step_url(certification, "confirmation"))
    profile = answers_of(certification.draft)["profile"] or {}
    found = rules.possible_duplicates(profile, physician=certification.certifier)
    if not found:
        return redirect(step_url(certification, "profile"))
    form = PortalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        same_as = next((one for one in found if one.number == request.POST.get("same")), None)
        try:
            settled = actions.tell_apart(certification=certification, same_as=same_as, by=request.user)
            return redirect(step_url(settled, _after(settled)))
        except rules.CertificationError as error:
            add_to_form(form, error)
    record_view(request, certification)
    context = {
        "certification": certification,
        "form": form,
        "name": certification.draft_name,
        "rows": [_row(patient, certification.physician) for patient in found],
    }
    return render(request, "certification/certification_duplicates.html", context)


def _row(patient, physician):
    today = timezone.localdate()
    last = patient.certifications.filter(physician=physician).order_by("-certified_at").first()
    runs = patient.certifications.active().exists()
    return {"patient": patient, "last": last, "standing": standing_of(last, today=today), "runs": runs}


def _after(certification):
    """Where the draft goes on; a delegate stops before the statement by herself."""
    return next_step(certification.draft, today=timezone.localdate())


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request, uuid):
    certification = own_certification(request, uuid)
    if not is_draft(certification):
        return redirect(step_url(certification, "confirmation"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    if step_errors(certification.draft, physician=certification.certifier, today=timezone.localdate()):
        return redirect(step_url(certification, "review"))
    return _take_over(request, certification)


@reauthentication_required
def _take_over(request, certification):
    form = TakeOverForm(request.POST if request.method == "POST" else None, physician=certification.physician)
    if form.is_valid():
        try:
            seen = request.POST.get("seen", "")
            actions.take_over_patient(certification=certification, **form.cleaned_data, seen=seen, by=request.user)
            return redirect(step_url(certification, "confirmation"))
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
    record_view(request, certification)
    context = {
        "certification": certification,
        "form": form,
        "name": certification.draft_name,
        "seen": rules.draft_digest(certification.draft),
    }
    return render(request, "certification/certification_take_over.html", context)
