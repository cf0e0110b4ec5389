"""How a certification ends before its year is over, and runs again. Lock order: identity, patient, certification."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.models import Certification, Patient
from certification.writes.endings import end_certification, notify_of_status, reinstate
from certification.writes.locks import lock_certification, lock_patient_of


@audited("certification.withdraw", subject="certification")
def withdraw_certification(
    *, certification: Certification, reason: str, deliveries_stop_date: date | None = None, by: User
) -> Certification:
    """Withdraw a certification for a reason and return it.

    Deliveries go on through `deliveries_stop_date`, by default through today.
    Open orders after that day are cancelled; patient and caregiver are notified. Raises MayNotSign, EndingError,
    TransitionError.
    """
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    today = timezone.localdate()
    stop_date = deliveries_stop_date or today
    if (physician := certification.physician).user_id != by.pk:
        check_may_sign(physician, by=by, today=today)
    rules.check_move("withdraw", certification)
    rules.check_ending_has_reason(reason)
    rules.check_stop_date(stop_date, certification, today=today)
    end_certification(certification, "withdraw", reason=reason, stop_date=stop_date, by=by)
    record(by=by, subject=certification)
    notify_of_status("certification_withdrawn", certification, by=by)
    _cancel_orders(patient, from_day=stop_date + timedelta(days=1))
    return certification


@audited("certification.revoke", subject="certification")
def revoke_certification(*, certification: Certification, reason: str, by: User) -> Certification:
    """Revoke a certification that is active or withdrawn, and return it; it ends at once, deliveries of today included.

    The reason is sealed with the certification and is not in the audit trail: it may be about the patient's health.
    Open orders are cancelled; patient, caregiver and physician are notified. Raises EndingError, TransitionError.
    """
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    rules.check_move("revoke", certification)
    rules.check_ending_has_reason(reason)
    end_certification(certification, "revoke", reason=reason, by=by)
    record(by=by, subject=certification)
    notify_of_status("certification_revoked", certification, with_physician=True, by=by)
    _cancel_orders(patient, from_day=timezone.localdate())
    return certification


@audited("certification.reinstate", subject="certification")
def reinstate_certification(*, certification: Certification, reason: str, by: User) -> Certification:
    """Take back a withdrawal or a revocation of the last 30 days; return the certification, which runs again.

    It has the last valid day that it had. Orders that were cancelled stay cancelled. Patient, caregiver and physician
    are notified. Raises ReinstatementError, EndingError, TransitionError.
    """
    return reinstate(certification, reason=reason, by=by)


def _cancel_orders(patient: Patient, *, from_day: date) -> None:
    signals.certification_ended.send(Certification, patient=patient, from_day=from_day)
