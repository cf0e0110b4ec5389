"""Asking patients how well it works, and keeping what they answer."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record, record_many
from certification.models import Caregiver, CaregiverAssignment, Patient, PatientToday
from delivery.models import Order
from delivery.writes.messages import messages_to_orderers
from dispensing import rules
from dispensing.models import SelfAssessment
from notifications.actions import queue_many
from ui.tidy import tidy

Cause = SelfAssessment.Cause


def ask_at_reorder(*, order: Order, patient: PatientToday, by: User) -> None:
    """Ask how well it works, once an order, when the patient has had a delivery before and no question is open.

    It runs in the transaction of the order that is placed, which has locked the patient. When the nightly job asks at
    the same moment, one question stays.
    """
    if rules.is_asked_at_reorder(patient):
        _write_questions([order], Cause.REORDER, at=timezone.now())
        record(action="assessment.ask", by=by, subject=patient.patient)


@transaction.atomic
def ask_assessments(*, now: datetime, by: User | None) -> int:
    """Ask each patient two weeks after the first delivery, and tell who ordered it; return how many are told.

    A patient with an open question gets no second one, only the message. A second run asks and tells nobody.
    """
    assigned = CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver__user")
    orders = list(
        rules.first_deliveries_to_ask_about(timezone.localdate(now))
        .select_related("placed_by", "patient__user")
        .prefetch_related(Prefetch("patient__assignments", assigned.defer("need", "ended_reason")))
    )
    if not orders:
        return 0
    unanswered = SelfAssessment.objects.open().filter(patient__in=[order.patient_id for order in orders])
    already = set(unanswered.values_list("patient", flat=True))
    new = [order for order in orders if order.patient_id not in already]
    _write_questions(new, Cause.FIRST, at=now)
    record_many(action="assessment.ask", by=by, subjects=[order.patient for order in new])
    queue_many(messages=messages_to_orderers(orders, "assessment_due"), by=by)
    return len(orders)


def _write_questions(orders: Collection[Order], cause: Cause, *, at: datetime) -> None:
    """Write a question for each order. Another transaction may have asked meanwhile: then its question stays."""
    questions = [SelfAssessment(patient_id=order.patient_id, order=order, cause=cause, asked_at=at) for order in orders]
    SelfAssessment.objects.bulk_create(questions, ignore_conflicts=True, batch_size=500)


@audited("assessment.answer", subject="assessment")
def record_assessment(
    *,
    assessment: SelfAssessment,
    works: str,
    effects: Collection[str],
    other_effect: str = "",
    words: str = "",
    by: User,
    caller: Patient | Caregiver | None = None,
) -> SelfAssessment:
    """Keep the answers to an open question: how well it works, side effects, and at most 1,000 characters of words.

    With a `caller`, `by` is the pharmacist on the phone. Raises OrdererError or AssessmentError.
    """
    assessment = _locked(assessment, by=by, caller=caller)
    other_effect, words = tidy(other_effect), tidy(words, multiline=True)
    rules.check_assessment_answers(works, effects, other_effect, words)
    assessment.answers = {"works": works, "effects": sorted(set(effects))}
    assessment.other_effect, assessment.words = other_effect, words
    assessment.answered_at, assessment.closed_by = timezone.now(), by
    assessment.save()
    record(by=by, subject=assessment)
    return assessment


@audited("assessment.skip", subject="assessment")
def skip_assessment(
    *, assessment: SelfAssessment, by: User, caller: Patient | Caregiver | None = None
) -> SelfAssessment:
    """Close an open question without an answer. Raises OrdererError or AssessmentError."""
    assessment = _locked(assessment, by=by, caller=caller)
    assessment.skipped_at, assessment.closed_by = timezone.now(), by
    assessment.save(update_fields=["skipped_at", "closed_by"])
    record(by=by, subject=assessment)
    return assessment


def _locked(assessment: SelfAssessment, *, by: User, caller: Patient | Caregiver | None) -> SelfAssessment:
    """Lock the question, and return it once the account may answer it and nobody has."""
    found = SelfAssessment.objects.select_for_update(of=("self",), no_key=True).select_related("patient")
    locked = found.get(pk=assessment.pk)
    rules.check_may_assess(locked.patient, user=by, today=timezone.localdate(), caller=caller)
    rules.check_question_is_open(locked)
    return locked
