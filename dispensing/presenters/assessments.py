"""Self-assessments: as questions to orderers, and as answers that pharmacists and physicians read."""

from dataclasses import dataclass
from datetime import datetime

from django.forms import Form
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import User
from audit.secret_columns import without_secrets
from certification.models import Patient
from certification.presenters.told import Told
from dispensing.models import SelfAssessment

SEALED = ("answers", "other_effect", "words")
Works, Effect = SelfAssessment.Works, SelfAssessment.Effect


@dataclass(frozen=True)
class Question:
    """An open question; the name of the patient where the account asks for somebody else, else empty."""

    assessment: SelfAssessment
    for_name: str
    form: Form | None


def question_of(assessment: SelfAssessment, *, user: User, form: Form | None) -> Question:
    """Return the question as its card and its page show it to this account."""
    patient = assessment.patient
    return Question(assessment, "" if patient.user_id == user.pk else patient.name, form)


def told_by_patient(patient: Patient, *, since: datetime | None, most: int, with_words: bool) -> list[Told]:
    """Return the latest answers about the patient; without what people wrote themselves where that is not shown."""
    found = SelfAssessment.objects.answered().filter(patient=patient)
    if since is not None:
        found = found.filter(answered_at__gte=since)
    shown = without_secrets(found, joined=["closed_by"], shown=SEALED if with_words else ["answers"])
    return [_told(each, patient, with_words=with_words) for each in shown.order_by("-answered_at")[:most]]


def _told(assessment: SelfAssessment, patient: Patient, *, with_words: bool) -> Told:
    assert assessment.answered_at is not None and assessment.closed_by is not None and assessment.answers is not None
    answers = assessment.answers
    effects = [str(Effect(name).label) for name in answers["effects"] if name != Effect.OTHER]
    if Effect.OTHER in answers["effects"]:
        effects.append((assessment.other_effect if with_words else "") or str(Effect.OTHER.label))
    return Told(
        at=assessment.answered_at,
        by=_who(assessment.closed_by, patient),
        works=str(Works(answers["works"]).label),
        effects=get_text_list(effects, _("and")),
        words=(assessment.words or "") if with_words else "",
    )


def _who(account: User, patient: Patient) -> str:
    if account.pk == patient.user_id:
        return _("the patient")
    return _("our pharmacist, on the phone") if account.is_staff else _("the caregiver")
