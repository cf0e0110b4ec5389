"""A patient leaves the program, or returns after a mistake. Lock order: patient, certification."""

from datetime import date

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification import rules, signals
from certification.models import Card, CaregiverAssignment, Certification, Patient
from certification.writes import cards
from certification.writes.assignments import write_end
from certification.writes.endings import end_certification, reinstate
from certification.writes.invitations import end_invitations
from certification.writes.locks import lock_certification, lock_person
from certification.writes.messages import message_to
from certification.writes.requests import answer
from notifications.actions import queue_many


@audited("patient.close", subject="patient")
def close_patient(*, patient: Patient, closed_for: str, words: str = "", by: User) -> Patient:
    """Close the record of a patient who died, moved away or wants to leave (`Patient.Closed`), and return the patient.

    The running certification, the caregiver's assignment, card, invitations, requests and open orders end. Messages
    that wait are dropped; one letter about what is left goes to the caregiver, or without one to the patient's
    address. A second call changes nothing.
    """
    patient = lock_person(patient)
    if patient.closed_at:
        return patient
    today, assignment = timezone.localdate(), patient.current_assignment
    patient.closed_at, patient.closed_by = timezone.now(), by
    patient.closed_for, patient.closed_words = Patient.Closed(closed_for), words.strip()
    patient.save(update_fields=["closed_at", "closed_by", "closed_for", "closed_words"])
    record(by=by, subject=patient, reason=patient.closed_for)
    _end_all(patient, assignment, today=today, by=by)
    signals.certification_ended.send(Certification, patient=patient, from_day=today)
    reader = assignment.caregiver if assignment else patient
    key = f"{patient.pk}:{patient.closed_at:%Y%m%d%H%M%S}"
    queue_many(messages=[message_to(reader, "patient_closed", context={"patient": patient.pk}, key=key)], by=by)
    return patient


def _end_all(patient: Patient, assignment: CaregiverAssignment | None, *, today: date, by: User) -> None:
    for certification in patient.certifications.running_on(today):
        end_certification(lock_certification(certification), "close", by=by)
    if assignment:
        write_end(assignment, reason=patient.get_closed_for_display(), today=today, by=by)
    if card := Card.objects.live().of(patient).first():
        cards.revoke(card, reason=Card.Reason.CLOSED, by=by)
    end_invitations(patient, now=timezone.now())
    for request in patient.requests.open():
        answer(request, by=by)


@audited("patient.reopen", subject="patient")
def reopen_patient(*, patient: Patient, reason: str, by: User) -> Patient:
    """Open a record again that was closed by mistake, and return the patient; the certification runs again.

    It has the last valid day that it had; one that `check_may_be_reinstated` refuses stays closed. The office names the
    caregiver and prints the card anew, and cancelled orders stay cancelled. A patient whose record is open stays as is.
    """
    patient = lock_person(patient)
    if patient.closed_at is None:
        return patient
    patient.closed_at = patient.closed_by = patient.closed_words = None
    patient.closed_for = ""
    patient.save(update_fields=["closed_at", "closed_by", "closed_for", "closed_words"])
    record(by=by, subject=patient, reason=reason)
    ended = patient.certifications.filter(status=Certification.Status.CLOSED).order_by("-certified_at").first()
    if ended and _may_run_again(ended, patient):
        reinstate(ended, reason=reason, by=by)
    return patient


def _may_run_again(certification: Certification, patient: Patient) -> bool:
    try:
        rules.check_may_be_reinstated(certification, patient, today=timezone.localdate())
    except rules.ReinstatementError:
        return False
    return True
