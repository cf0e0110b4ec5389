"""The caregiver of a patient: named, replaced and ended, with dates and reasons. The patient is locked first."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.actions import audited
from certification import rules
from certification.models import CaregiverAssignment, Certification
from certification.writes.assignments import assign, assignment_message, end_assignment, names_the_same_caregiver
from certification.writes.locks import lock_patient_of
from certification.writes.people import profile_of
from notifications.actions import queue_many


@audited("caregiver.assign", subject="certification")
def assign_caregiver(
    *, certification: Certification, caregiver: Mapping[str, Any], reason: str = "", by: User
) -> CaregiverAssignment:
    """Let a caregiver act from today for the patient of a running certification; return the assignment.

    `caregiver` are the answers of the step "caregiver" of a draft. An earlier caregiver ends for `reason`. The patient
    and both caregivers are notified. When a form is sent twice, the second call returns the same assignment. Raises
    CaregiverError, IncompleteError.
    """
    patient = lock_patient_of(certification)
    certification = Certification.objects.select_related("physician__user").get(pk=certification.pk)
    today = timezone.localdate()
    rules.check_may_change_caregiver(certification, today=today)
    rules.check_caregiver(caregiver, physician=certification.physician, profile=profile_of(patient), today=today)
    current = patient.current_assignment
    if current and names_the_same_caregiver(current, caregiver):
        return current
    if current:
        rules.check_reason(reason)
        end_assignment(current, reason=reason, today=today, by=by)
    assignment, messages = assign(patient, caregiver, today, by=by)
    queue_many(messages=[*messages, assignment_message(patient, "caregiver_assigned", assignment)], by=by)
    return assignment


@audited("caregiver.end", subject="certification")
def end_caregiver(*, certification: Certification, reason: str, by: User) -> CaregiverAssignment | None:
    """End today that the caregiver acts for the patient, and return the assignment; None where there is none.

    Open orders of the caregiver are cancelled, and both are notified. Raises CaregiverError for a patient who needs a
    guardian, IncompleteError.
    """
    patient = lock_patient_of(certification)
    current = patient.current_assignment
    if current is None:
        return None
    today = timezone.localdate()
    rules.check_reason(reason)
    rules.check_may_do_without_caregiver(patient, today=today)
    return end_assignment(current, reason=reason, today=today, by=by)
