"""Who acts for a patient. Each write runs inside the caller's transaction, with the patient locked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.actions import record
from certification import rules, signals
from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.writes.invitations import send_invitation, write_invitation
from certification.writes.messages import Message, message_to
from certification.writes.people import find_or_create_caregiver, person_fields
from notifications.actions import queue_many


def assign(
    patient: Patient, answers: Mapping[str, Any], today: date, *, by: User
) -> tuple[CaregiverAssignment, list[Message]]:
    """Let the caregiver of the answers act for the patient from today; return the assignment and the messages to them.

    The caller queues the messages with its own. A person who is a caregiver already is found again; one who has joined
    gets no invitation and affirms once more, and one without an e-mail address gets a call. Raises CaregiverError.
    """
    caregiver, is_new = find_or_create_caregiver(person_fields(answers))
    if not is_new:
        rules.check_caregiver_is_free(caregiver, patient=patient, relationship=answers["relationship"])
    assignment = CaregiverAssignment.objects.create(
        patient=patient,
        caregiver=caregiver,
        need=answers.get("need") or "",
        relationship=answers["relationship"],
        started_date=today,
    )
    record(action="caregiver.assign", by=by, subject=assignment)
    if caregiver.user_id or not caregiver.email:
        return assignment, [assignment_message(caregiver, "caregiver_named", assignment)]
    if is_new and caregiver.email:
        return assignment, [write_invitation(caregiver, now=timezone.now(), by=by)[1]]
    send_invitation(caregiver, by=by)
    return assignment, []


def end_assignment(assignment: CaregiverAssignment, *, reason: str, today: date, by: User) -> CaregiverAssignment:
    """End the assignment today, notify the patient and the caregiver, and let their orders be cancelled."""
    patient, caregiver = assignment.patient, assignment.caregiver
    write_end(assignment, reason=reason, today=today, by=by)
    messages = [assignment_message(person, "caregiver_ended", assignment) for person in (patient, caregiver)]
    queue_many(messages=messages, by=by)
    signals.caregiver_ended.send(CaregiverAssignment, patient=patient, caregiver=caregiver)
    return assignment


def write_end(assignment: CaregiverAssignment, *, reason: str, today: date, by: User) -> None:
    """Write that the assignment ends today; nobody is notified."""
    assignment.ended_date, assignment.ended_reason = today, reason
    assignment.save(update_fields=["ended_date", "ended_reason"])
    record(action="caregiver.end", by=by, subject=assignment)


def names_the_same_caregiver(assignment: CaregiverAssignment, answers: Mapping[str, Any]) -> bool:
    """Return whether the answers name the caregiver of this assignment, in the same relation to the patient."""
    known, named = assignment.caregiver, person_fields(answers)
    is_same_person = all(getattr(known, name) == named[name] for name in ("search_name", "birth_date", "phone"))
    return is_same_person and assignment.relationship == answers["relationship"]


def assignment_message(person: Patient | Caregiver, kind: str, assignment: CaregiverAssignment) -> Message:
    """Return a message about an assignment to its patient or its caregiver."""
    role = "patient" if isinstance(person, Patient) else "caregiver"
    return message_to(person, kind, context={"assignment": assignment.pk, "role": role}, key=f"{assignment.pk}:{role}")
