"""A patient leaves the program, and comes back after a mistake. Lock order: patient, certification."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification import rules, signals
from certification.actions.cards import revoke_card
from certification.actions.caregivers import end_assignment
from certification.actions.ending import end, reinstate_certification
from certification.actions.joining import end_invitations
from certification.actions.locks import locked
from certification.actions.reminders import addresses
from certification.actions.requests import answer_request
from certification.models import Card, Certification, Patient
from notifications.actions import queue


@audited("patient.close", subject="patient")
def close_patient(*, patient: Patient, closed_for: str, words: str = "", by: User) -> Patient:
    """End everything of a patient who died, moved away or wants to leave (`Patient.Closed`): what runs, the caregiver,
    card, invitations, what was asked, and open orders.

    Nothing that waits to be said is said any more; one letter about what is left goes to the caregiver, or where there
    is none to the patient's address. A second call returns the patient as closed.
    """
    patient = _locked(patient)
    if patient.closed_at:
        return patient
    today, caregiver = timezone.localdate(), patient.current_assignment
    patient.closed_at, patient.closed_by = timezone.now(), by
    patient.closed_for, patient.closed_words = Patient.Closed(closed_for), words.strip()
    patient.save(update_fields=["closed_at", "closed_by", "closed_for", "closed_words"])
    record(by=by, subject=patient, reason=patient.closed_for)
    for one in patient.certifications.running_on(today):
        one = locked(one)
        one.deliveries_stop_date = None
        end(one, Certification.Status.CLOSED, by=by)
    if caregiver:
        end_assignment(caregiver, reason=patient.get_closed_for_display(), today=today, by=by)
    if card := Card.objects.live().of(patient).first():
        revoke_card(card=card, reason=Card.Reason.CLOSED, by=by)
    end_invitations(patient, now=timezone.now())
    for asked in patient.requests.open():
        answer_request(request=asked, by=by)
    signals.certification_ended.send(Certification, patient=patient, from_day=today)
    reader = caregiver.caregiver if caregiver else patient
    queue(
        kind="patient_closed",
        context={"patient": patient.pk},
        dedupe_key=f"patient_closed:{patient.pk}:{patient.closed_at:%Y%m%d%H%M%S}",
        by=by,
        **addresses({"reader": reader})["reader"],
    )
    return patient


@audited("patient.reopen", subject="patient")
def reopen_patient(*, patient: Patient, reason: str, by: User) -> Patient:
    """Take back a closing by mistake: what it ended runs again, with the last day that it had.

    Caregiver, card and orders are not brought back: the office names and prints them anew. A certification that
    `check_may_be_reinstated` refuses stays ended. A patient who is not closed stays as she is.
    """
    patient = _locked(patient)
    if patient.closed_at is None:
        return patient
    patient.closed_at = patient.closed_by = patient.closed_words = None
    patient.closed_for = ""
    patient.save(update_fields=["closed_at", "closed_by", "closed_for", "closed_words"])
    record(by=by, subject=patient, reason=reason)
    ended = patient.certifications.filter(status=Certification.Status.CLOSED).order_by("-certified_at").first()
    if ended and _may_run_again(ended, patient):
        reinstate_certification(certification=ended, reason=reason, by=by)
    return patient


def _may_run_again(certification: Certification, patient: Patient) -> bool:
    try:
        rules.check_may_be_reinstated(certification, patient, today=timezone.localdate())
    except rules.ReinstatementError:
        return False
    return True


def _locked(patient: Patient) -> Patient:
    return Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=patient.pk)
