"""What a person may look at here, and what the step pages share."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actions import record
from certification.models import Caregiver, Certification, Patient
from certification.steps import OPTIONAL_STEPS, STEPS, step_names

REVIEW = "review"
STEP_LABELS = {**STEPS, REVIEW: _("Review and sign")}


def own_certification(request, uuid):
    """A certification in the hands of this office; everything else is not there."""
    scoped = Certification.objects.in_hands_of(request.user, timezone.localdate())
    joined = scoped.select_related("physician__user", "applicant", "patient", "renewal", "renewal_of__patient")
    return get_object_or_404(joined, uuid=uuid)


def step_url(certification, step):
    return reverse(f"certification:certification-{step}", args=[certification.uuid])


def is_draft(certification):
    return certification.status == Certification.Status.DRAFT


def runs_today(certification):
    """It was signed and nothing but its year has ended it, or deliveries still go on."""
    return not is_draft(certification) and certification.runs_on(timezone.localdate())


def is_renewed(certification):
    """Its renewal was signed; one that was only prepared is a draft."""
    return hasattr(certification, "renewal") and not is_draft(certification.renewal)


def prepared_for(user):
    """What waits for this physician's own signature, new and renewed, the longest wait first."""
    return Certification.objects.prepared().filter(physician__user=user).select_related("renewal_of")


def to_sign(user):
    """Of that, what she has not reviewed yet."""
    return prepared_for(user).filter(reviewed_at__isnull=True)


def sign_url(certification):
    """Where the physician makes her statement and signs what was prepared."""
    if certification.renewal_of_id:
        return step_url(certification.renewal_of, "renew")
    return step_url(certification, "sign")


def is_signer(user, certification):
    return certification.physician_id is not None and certification.physician.user_id == user.pk


def tell_who_signs(request, certification):
    """A delegate prepares everything else; these words are the physician's own."""
    context = {"certification": certification, "physician": certification.physician}
    return render(request, "certification/signer_only.html", context, status=403)


def record_view(request, certification):
    record(action="certification.view", by=request.user, subject=certification)


def step_context(certification, current, errors):
    """What base_step.html needs: each step with its state; done is what could be signed as it stands."""
    names = [*step_names(certification.draft, today=timezone.localdate()), REVIEW]
    place = names.index(current)
    steps = []
    for number, name in enumerate(names):
        is_done = name in STEPS and name not in errors
        if name in OPTIONAL_STEPS and name not in (certification.draft or {}):
            is_done = is_done and number < place
        state = "current" if name == current else "done" if is_done else "todo"
        steps.append({"label": STEP_LABELS[name], "url": step_url(certification, name), "state": state})
    return {
        "certification": certification,
        "steps": steps,
        "step_number": place + 1,
        "step_count": len(names),
        "step_title": STEP_LABELS[current],
    }


def own_people(user):
    """The patient and the caregiver that this account has joined; nobody else has anything to see."""
    caregivers = Caregiver.objects.filter(user=user).prefetch_related("assignments__patient")
    people = [*Patient.objects.filter(user=user), *caregivers]
    if not people:
        raise Http404
    return people
