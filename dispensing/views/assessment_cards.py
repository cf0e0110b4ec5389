"""The cards of open questions on the pages of orders and on the home page."""

from collections.abc import Collection

from django.utils import timezone

from accounts.models import User
from certification.models import PatientToday
from delivery.phone import Caller
from delivery.presenters.asked import Asked
from dispensing.forms import AssessmentForm
from dispensing.models import SelfAssessment
from dispensing.presenters.assessments import SEALED, question_of
from dispensing.rules import has_open_question, why_not_assess


def questions_about(
    patients: Collection[PatientToday], user: User, caller: Caller | None, in_full: bool
) -> list[Asked]:
    """Return the open questions about these patients that the account may answer."""
    known = {each.patient.pk: each.patient for each in patients if has_open_question(each)}
    if not known:
        return []
    found = SelfAssessment.objects.open().filter(patient__in=known).defer(*SEALED).order_by("pk")
    asked = []
    for assessment in found:
        assessment.patient = known[assessment.patient_id]
        if not why_not_assess(assessment, user=user, today=timezone.localdate(), caller=caller):
            form = AssessmentForm() if in_full else None
            asked.append(Asked("dispensing/_assessment_card.html", question_of(assessment, user=user, form=form)))
    return asked
