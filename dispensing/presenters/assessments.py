"""Self-assessments: as questions to orderers, and as answers that pharmacists and physicians read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import User
from certification.models import Patient
from certification.presenters.told import Told
from delivery.phone import Caller
from delivery.presenters.asked import Asked
from dispensing.forms import AssessmentForm
from dispensing.models import SelfAssessment
from dispensing.rules import why_not_assess

SEALED = ("answers", "other_effect", "words")
TEXTS = ("other_effect", "words")  # what people wrote themselves
Works, Effect = SelfAssessment.Works, SelfAssessment.Effect


@dataclass(frozen=True)
class Question:
    """An open question; the name of the patient where the account asks for somebody else, else empty."""

    assessment: SelfAssessment
    for_name: str
    form: AssessmentForm | None


def question_of(assessment: SelfAssessment, *, user: User, form: AssessmentForm | None) -> Question:
    """Return the question as its card and its page show it to this account."""
    patient = assessment.patient
    return Question(assessment, "" if patient.user_id == user.pk else patient.name, form)


def questions_about(patients: Collection[Patient], user: User, caller: Caller | None, in_full: bool) -> list[Asked]:
    """Return the open questions about these patients that the account may answer."""
    known = {patient.pk: patient for patient in patients}
    found = SelfAssessment.objects.open().filter(patient__in=known).defer(*SEALED).order_by("pk")
    asked = []
    for assessment in found:
        assessment.patient = known[assessment.patient_id]
        if not why_not_assess(assessment, user=user, today=timezone.localdate(), caller=caller):
            form = AssessmentForm() if in_full else None
            asked.append(Asked("dispensing/_assessment_card.html", question_of(assessment, user=user, form=form)))
    return asked


def told_by_patient(patient: Patient, *, since: datetime | None, most: int, with_words: bool) -> list[Told]:
    """Return the latest answers about the patient; without what people wrote themselves where that is not shown."""
    found = SelfAssessment.objects.answered().filter(patient=patient)
    if since is not None:
        found = found.filter(answered_at__gte=since)
    shown = found.defer(*(() if with_words else TEXTS)).select_related("closed_by").order_by("-answered_at")
    return [_told(each, patient, with_words=with_words) for each in shown[:most]]


def _told(assessment: SelfAssessment, patient: Patient, *, with_words: bool) -> Told:
    assert assessment.answered_at is not None and assessment.closed_by is not None
    effects = [str(Effect(name).label) for name in assessment.answers["effects"] if name != Effect.OTHER]
    if Effect.OTHER in assessment.answers["effects"]:
        effects.append((assessment.other_effect if with_words else "") or str(Effect.OTHER.label))
    return Told(
        at=assessment.answered_at,
        by=_who(assessment.closed_by, patient),
        works=str(Works(assessment.answers["works"]).label),
        effects=get_text_list(effects, _("and")),
        words=(assessment.words or "") if with_words else "",
    )


def _who(account: User, patient: Patient) -> str:
    if account.pk == patient.user_id:
        return _("the patient")
    return _("our pharmacist, on the phone") if account.is_staff else _("the caregiver")
