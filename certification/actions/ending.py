"""How a certification ends before its year is over, and comes back. Lock order: person, patient, certification."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.actions.identity import lock_person
from certification.actions.locks import locked, locked_patient
from certification.actions.reminders import addresses, patient_and_caregiver
from certification.models import Certification, Draft, Patient
from notifications.actions import queue_many


@audited("certification.withdraw", subject="certification")
def withdraw_certification(
    *, certification: Certification, reason: str, deliveries_stop_date: date | None = None, by: User
) -> Certification:
    """End it, with a reason; deliveries go on through `deliveries_stop_date` (None: today).

    Open orders beyond that day are undone, and patient and caregiver are told. Raises MayNotSign, EndingError,
    TransitionError.
    """
    patient = locked_patient(certification)
    certification = locked(certification)
    today = timezone.localdate()
    stop_date = deliveries_stop_date or today
    if (physician := certification.physician).user_id != by.pk:
        check_may_sign(physician, by=by, today=today)
    rules.check_transition(certification, Certification.Status.WITHDRAWN)
    rules.check_ending_has_reason(reason)
    rules.check_stop_date(stop_date, certification, today=today)
    certification.deliveries_stop_date = stop_date
    end(certification, Certification.Status.WITHDRAWN, reason=reason, by=by)
    record(by=by, subject=certification)
    _tell("certification_withdrawn", certification, at=certification.ended_at, by=by)
    _undo_orders(patient, from_day=stop_date + timedelta(days=1))
    return certification


@audited("certification.revoke", subject="certification")
def revoke_certification(*, certification: Certification, reason: str, by: User) -> Certification:
    """End it at once, deliveries of today included, whether it runs or was withdrawn.

    Open orders are undone; patient, caregiver and physician are told. Raises EndingError, TransitionError.
    """
    patient = locked_patient(certification)
    certification = locked(certification)
    rules.check_transition(certification, Certification.Status.REVOKED)
    rules.check_ending_has_reason(reason)
    certification.deliveries_stop_date = None
    end(certification, Certification.Status.REVOKED, reason=reason, by=by)
    record(by=by, subject=certification, reason=reason)
    _tell("certification_revoked", certification, at=certification.ended_at, with_physician=True, by=by)
    _undo_orders(patient, from_day=timezone.localdate())
    return certification


@audited("certification.reinstate", subject="certification")
def reinstate_certification(*, certification: Certification, reason: str, by: User) -> Certification:
    """Take back a withdrawal or a revocation of the last 30 days: it runs again, with the last day that it had.

    Orders that were undone stay so. Patient, caregiver and physician are told. Raises ReinstatementError, EndingError,
    TransitionError.
    """
    known = certification.patient
    lock_person(first_name=known.first_name, last_name=known.last_name, birth_date=known.birth_date)
    patient = locked_patient(certification)
    certification = locked(certification)
    rules.check_transition(certification, Certification.Status.ACTIVE)
    rules.check_ending_has_reason(reason)
    rules.check_may_be_reinstated(certification, patient, today=timezone.localdate())
    certification.status = Certification.Status.ACTIVE
    certification.ended_at = certification.ended_by = certification.deliveries_stop_date = None
    certification.ended_reason = ""
    certification.save()
    record(by=by, subject=certification, reason=reason)
    _tell("certification_reinstated", certification, at=timezone.now(), with_physician=True, by=by)
    return certification


def end(certification: Certification, status: str, *, by: User, reason: str = "") -> None:
    """Write the end of a locked certification; a draft of its renewal is deleted, unless the renewal is signed now."""
    rules.check_transition(certification, status)
    certification.status, certification.ended_reason = status, reason
    certification.ended_at, certification.ended_by = timezone.now(), by
    certification.save()
    if status != Certification.Status.SUPERSEDED:
        Draft.objects.filter(renews=certification).delete()


def _undo_orders(patient: Patient, *, from_day: date) -> None:
    signals.certification_ended.send(Certification, patient=patient, from_day=from_day)


def _tell(kind: str, certification: Certification, *, at: Any, by: User, with_physician: bool = False) -> None:
    """Patient and caregiver, where wanted the physician too; said again when it ends again."""
    people = patient_and_caregiver(certification)
    if with_physician:
        people["physician"] = certification.physician
    messages = [
        {
            "kind": kind,
            "context": {"certification": certification.pk, "role": role},
            "dedupe_key": f"{kind}:{certification.pk}:{at:%Y%m%d%H%M%S%f}:{role}",
            **address,
        }
        for role, address in addresses(people).items()
    ]
    queue_many(messages=messages, by=by)
