"""How a certification ends and runs again. Each write runs inside the caller's transaction, with the rows locked."""

from datetime import date

from django.utils import timezone

from accounts.models import User
from audit.actions import record
from certification import rules
from certification.models import Certification, Draft, Patient
from certification.writes.locks import lock_certification, lock_identity, lock_patient_of
from certification.writes.messages import messages_to, recipients_of
from notifications.actions import queue_many

END_FIELDS = ("status", "ended_at", "ended_by", "ended_reason", "deliveries_stop_date", "updated_at")


def end_certification(
    certification: Certification, verb: str, *, by: User, reason: str = "", stop_date: date | None = None
) -> None:
    """End a locked certification by a verb of `rules.MOVES`; deliveries end at once, or after `stop_date`.

    A draft of its renewal is deleted. Raises TransitionError.
    """
    _write_end(certification, verb, by=by, reason=reason, stop_date=stop_date)
    Draft.objects.filter(renews=certification).delete()


def supersede(certification: Certification, *, by: User, reason: str = "") -> None:
    """End a locked certification because another takes its place; the draft of a renewal stays, as it is signed now.

    Raises TransitionError.
    """
    _write_end(certification, "supersede", by=by, reason=reason, stop_date=certification.deliveries_stop_date)


def supersede_withdrawn(patient: Patient, *, today: date) -> None:
    """Supersede what was withdrawn and still runs: a patient has one running certification, and the next is signed.

    When and why it was withdrawn stays on record.
    """
    withdrawn = patient.certifications.running_on(today).filter(status=Certification.Status.WITHDRAWN)
    for certification in withdrawn.select_for_update(no_key=True, of=("self",)):
        rules.check_move("supersede", certification)
        certification.status = rules.MOVES["supersede"].to
        certification.save(update_fields=["status", "updated_at"])


def _write_end(certification: Certification, verb: str, *, by: User, reason: str, stop_date: date | None) -> None:
    rules.check_move(verb, certification)
    certification.status = rules.MOVES[verb].to
    certification.ended_at, certification.ended_by, certification.ended_reason = timezone.now(), by, reason
    certification.deliveries_stop_date = stop_date
    certification.save(update_fields=END_FIELDS)


def reinstate(certification: Certification, *, reason: str, by: User) -> Certification:
    """Let a certification run again, with the last valid day that it had; return it. Cancelled orders stay cancelled.

    Patient, caregiver and physician are notified. Raises ReinstatementError, EndingError, TransitionError.
    """
    known = certification.patient
    lock_identity(first_name=known.first_name, last_name=known.last_name, birth_date=known.birth_date)
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    rules.check_move("reinstate", certification)
    rules.check_ending_has_reason(reason)
    rules.check_may_be_reinstated(certification, patient, today=timezone.localdate())
    certification.status = rules.MOVES["reinstate"].to
    certification.ended_at = certification.ended_by = certification.deliveries_stop_date = None
    certification.ended_reason = ""
    certification.save(update_fields=END_FIELDS)
    record(action="certification.reinstate", by=by, subject=certification, reason=reason)
    notify_of_status("certification_reinstated", certification, by=by, with_physician=True)
    return certification


def notify_of_status(kind: str, certification: Certification, *, by: User, with_physician: bool = False) -> None:
    """Notify patient and caregiver, and where wanted the physician, that the certification ended or runs again.

    The moment is in the key, so that they are notified anew when it ends a second time.
    """
    at = certification.ended_at or timezone.now()
    messages = messages_to(
        recipients_of(certification, with_physician=with_physician),
        kind,
        context={"certification": certification.pk},
        key=f"{certification.pk}:{at:%Y%m%d%H%M%S%f}",
    )
    queue_many(messages=messages, by=by)
