"""That a patient goes from one physician to another. Each write runs inside the caller's transaction."""

from datetime import date

from django.utils import timezone

from accounts.models import Physician, User
from audit.actions import record
from certification import rules
from certification.models import Certification, Draft, Patient, TakeOver
from certification.writes.endings import supersede
from certification.writes.locks import lock_certification, lock_person
from certification.writes.messages import message_to
from notifications.actions import queue_many

REPLACED = "Another physician has certified the patient."


def agree(
    patient: Patient, physician: Physician, *, agreed_with: str, how: str, agreed_date: date, by: User
) -> TakeOver:
    """Write that `physician` may certify the patient in the place of the physician whose certification runs.

    When it is agreed again before the signature, the later words replace the earlier ones. Raises TakeOverError,
    IncompleteError.
    """
    patient, today = lock_person(patient), timezone.localdate()
    rules.check_take_over(how=how, agreed_date=agreed_date, today=today)
    rules.check_may_be_taken_over(patient.certifications.running_on(today).first(), physician=physician)
    agreement, _is_new = TakeOver.objects.update_or_create(
        patient=patient,
        physician=physician,
        certification=None,
        defaults={"agreed_with": agreed_with, "how": how, "agreed_date": agreed_date, "agreed_by": by},
    )
    record(action="takeover.agree", by=by, subject=agreement, reason=agreed_with)
    return agreement


def complete(other: Certification, draft: Draft, *, by: User) -> None:
    """Supersede another physician's certification by the draft that is signed now, and notify both physicians."""
    other, signer = lock_certification(other), rules.signer_of(draft)
    agreement = rules.agreement_for(other, physician=signer)
    assert agreement is not None
    supersede(other, reason=REPLACED, by=by)
    agreement.certification_id = draft.pk  # the certification takes this id later in the same transaction
    agreement.save(update_fields=["certification"])
    record(action="takeover.done", by=by, subject=agreement)
    context = {"certification": other.pk, "take_over": agreement.pk}
    messages = [
        message_to(physician, "patient_taken_over", context={**context, "role": role}, key=f"{agreement.pk}:{role}")
        for role, physician in (("before", other.physician), ("now", signer))
    ]
    queue_many(messages=messages, by=by)
