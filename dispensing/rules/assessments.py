"""When patients are asked how well it works, who may answer, and what an answer needs."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_as_staff
from certification.models import Caregiver, Patient, PatientToday
from certification.models.people import ask_also
from delivery.models import HandOver, Order
from delivery.rules import check_orderer
from dispensing.models import SelfAssessment
from dispensing.rules.errors import AssessmentError
from ui.errors import PortalError

ASK_AFTER_DAYS = 14  # after the first delivery
ASK_WITHIN_DAYS = 7  # more: a job that did not run for some days still asks, and nobody is asked about last year
MOST_WORDS = 1_000  # characters of the free text
MOST_OTHER = 200
READ = "dispensing.view_selfassessment"  # the permission to read answers; see also `sees_medical_words`
Works, Effect = SelfAssessment.Works, SelfAssessment.Effect


def ask_about_patients() -> None:
    """Have each patient that is read for an order come with two answers: no order costs a query more."""
    ask_also(
        had_delivery=Exists(HandOver.objects.filter(order__patient=OuterRef("pk"))),
        has_open_question=Exists(SelfAssessment.objects.open().filter(patient=OuterRef("pk"))),
    )


def has_open_question(patient: PatientToday) -> bool:
    return patient.answers["has_open_question"]


def is_asked_at_reorder(patient: PatientToday) -> bool:
    """Return whether a further order asks its patient: an order was delivered before, and no question is open."""
    return patient.answers["had_delivery"] and not has_open_question(patient)


def first_deliveries_to_ask_about(today: date) -> QuerySet[Order]:
    """Return the first delivered order of each patient whom the job asks on that day.

    It was handed over 14 to 21 days of New York ago [docs/domain.md#self-assessments], the patient was not asked for
    this reason before, and the record is not closed.
    """
    last = today - timedelta(days=ASK_AFTER_DAYS)
    days = (last - timedelta(days=ASK_WITHIN_DAYS), last + timedelta(days=1))
    begin, end = (make_aware(datetime.combine(day, time())) for day in days)
    earlier = HandOver.objects.filter(
        order__patient=OuterRef("patient"), stated_at__lt=OuterRef("hand_over__stated_at")
    )
    asked = SelfAssessment.objects.filter(patient=OuterRef("patient"), cause=SelfAssessment.Cause.FIRST)
    handed_over = Order.objects.filter(hand_over__stated_at__gte=begin, hand_over__stated_at__lt=end)
    return handed_over.filter(~Exists(earlier), ~Exists(asked), patient__closed_at__isnull=True).order_by("pk")


def check_may_assess(
    patient: Patient,
    *,
    user: User,
    today: date,
    caller: Patient | Caregiver | None = None,
) -> None:
    """The account may order for the patient; during a call it is also one that may read answers, so a pharmacist's.

    `caller` is as for `delivery.rules.check_orderer`. Raises OrdererError or AssessmentError.
    """
    check_orderer(patient, user=user, today=today, caller=caller)
    if caller is not None and not may_as_staff(user, READ):
        raise AssessmentError(_("Only a pharmacist can enter what a caller says. Pass the call on."))


def check_question_is_open(assessment: SelfAssessment) -> None:
    """Nobody has answered or skipped the question; raises AssessmentError."""
    if not assessment.is_open:
        raise AssessmentError(_("This question was answered or skipped already. Thank you."))


def why_not_assess(
    assessment: SelfAssessment, *, user: User, today: date, caller: Patient | Caregiver | None = None
) -> str:
    """Return why the account, or staff for the caller, cannot answer the question, or an empty text."""
    try:
        check_may_assess(assessment.patient, user=user, today=today, caller=caller)
        check_question_is_open(assessment)
    except PortalError as error:
        return str(error)
    return ""


def check_assessment_answers(works: str, effects: Collection[str], other_effect: str, words: str) -> None:
    """The answers say how well it works and name side effects or none; raises AssessmentError.

    A side effect that is not on the list is named in at most 200 characters, and the free text has at most 1,000.
    """
    if works not in Works.values:
        raise AssessmentError(_("Choose how well it works."), field="works")
    if not effects or not set(effects) <= set(Effect.values):
        raise AssessmentError(_("Tick each side effect, or that there were none."), field="effects")
    if Effect.NONE in effects and len(set(effects)) > 1:
        raise AssessmentError(_("Tick either that there were no side effects, or which ones."), field="effects")
    if Effect.OTHER in effects and not other_effect:
        raise AssessmentError(_("Write which other side effect there was."), field="other_effect")
    if other_effect and Effect.OTHER not in effects:
        raise AssessmentError(_("Tick “Something else”, or empty this box."), field="other_effect")
    if len(other_effect) > MOST_OTHER:
        raise AssessmentError(_("Write at most 200 characters."), field="other_effect")
    if len(words) > MOST_WORDS:
        raise AssessmentError(_("Write at most 1,000 characters."), field="words")
