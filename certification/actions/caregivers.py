"""Who acts for a patient: named, changed and ended, with dates and reasons. The patient is locked first."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification import rules, signals
from certification.actions.joining import invite, write_invitation
from certification.actions.locks import locked_patient
from certification.models import Caregiver, CaregiverAssignment, Certification, Patient
from notifications.actions import queue_many
from ui.text import readable_number, search_name

PERSON_FIELDS = (
    "first_name", "middle_name", "last_name", "suffix", "birth_date", "sex", "street", "unit", "city", "zip_code",
    "email", "has_no_email", "phone",
)  # fmt: skip


@audited("caregiver.assign", subject="certification")
def assign_caregiver(
    *, certification: Certification, caregiver: Mapping[str, Any], reason: str = "", by: User
) -> CaregiverAssignment:
    """Name who acts for the patient of a certification that runs from today on, in the place of who did.

    `caregiver` is what the step of a draft takes; `reason` says why another one ends. The patient and both caregivers
    are told. Named again by a form that is sent twice, the same one stands. Raises CaregiverError, IncompleteError.
    """
    patient = locked_patient(certification)
    certification = Certification.objects.select_related("physician__user").get(pk=certification.pk)
    today = timezone.localdate()
    rules.check_may_change_caregiver(certification, today=today)
    profile = {name: getattr(patient, name) for name in (*PERSON_FIELDS, "has_legal_capacity")}
    rules.check_caregiver(caregiver, physician=certification.physician, profile=profile, today=today)
    current = patient.current_assignment
    if current and is_same(current, caregiver):
        return current
    if current:
        rules.check_reason(reason)
        close_assignment(current, reason=reason, today=today, by=by)
    assignment, messages = assign(patient, caregiver, today, by=by)
    queue_many(messages=[*messages, _told(patient, "caregiver_assigned", assignment, role="patient")], by=by)
    return assignment


@audited("caregiver.end", subject="certification")
def end_caregiver(*, certification: Certification, reason: str, by: User) -> CaregiverAssignment | None:
    """The caregiver of this patient acts no more from today on; open orders of hers are undone, and both are told.

    None when there is none (any more). Raises CaregiverError for a patient who needs a guardian, IncompleteError.
    """
    patient = locked_patient(certification)
    current = patient.current_assignment
    if current is None:
        return None
    today = timezone.localdate()
    rules.check_reason(reason)
    rules.check_may_do_without_caregiver(patient, today=today)
    return close_assignment(current, reason=reason, today=today, by=by)


def close_assignment(assignment: CaregiverAssignment, *, reason: str, today: date, by: User) -> CaregiverAssignment:
    """End it today, say so to both, and let the orders follow. The patient is locked by the caller."""
    patient, caregiver = assignment.patient, assignment.caregiver
    end_assignment(assignment, reason=reason, today=today, by=by)
    messages = [
        _told(patient, "caregiver_ended", assignment, role="patient"),
        _told(caregiver, "caregiver_ended", assignment, role="caregiver"),
    ]
    queue_many(messages=messages, by=by)
    signals.caregiver_ended.send(CaregiverAssignment, patient=patient, caregiver=caregiver)
    return assignment


def end_assignment(assignment: CaregiverAssignment, *, reason: str, today: date, by: User) -> None:
    """The row alone; nobody is told."""
    assignment.ended_date, assignment.ended_reason = today, reason
    assignment.save(update_fields=["ended_date", "ended_reason"])
    record(action="caregiver.end", by=by, subject=assignment)


def assign(
    patient: Patient, answers: Mapping[str, Any], today: date, *, by: User
) -> tuple[CaregiverAssignment, list[dict]]:
    """The caregiver of the answers acts for the patient from today; somebody who is a caregiver already is found.

    Gives the messages to her, which the caller queues with its own. (Who has joined before gets no invitation, and
    affirms once more.)
    """
    caregiver, is_new = _caregiver(person_fields(answers))
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
    if caregiver.user_id:
        return assignment, [_told(caregiver, "caregiver_named", assignment, role="caregiver")]
    if is_new and caregiver.email:
        return assignment, [write_invitation(caregiver, now=timezone.now(), by=by)[1]]
    invite(person=caregiver, by=by)
    return assignment, []


def person_fields(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a Patient or Caregiver from the answers of a step."""
    fields = {name: answers[name] for name in PERSON_FIELDS if answers.get(name) not in (None, "")}
    fields["search_name"] = search_name(answers["last_name"], answers["first_name"], answers.get("middle_name"))
    return fields


def keep_search_name(patient: Patient) -> None:
    """After a patient's name was written: each of her certifications carries it for the list of its office."""
    patient.certifications.exclude(search_name=patient.search_name).update(search_name=patient.search_name)


def is_same(assignment: CaregiverAssignment, answers: Mapping[str, Any]) -> bool:
    """The answers name the one who acts already, in the same relation."""
    known, named = assignment.caregiver, person_fields(answers)
    same_person = all(getattr(known, name) == named[name] for name in ("search_name", "birth_date", "phone"))
    return same_person and assignment.relationship == answers["relationship"]


def _caregiver(fields: dict[str, Any]) -> tuple[Caregiver, bool]:
    """The same name, birth date and phone: one person, entered once; and whether she is new.

    The row is locked: one caregiver, one count.
    """
    number = readable_number("G")
    same = {name: fields[name] for name in ("search_name", "birth_date", "phone")}
    Caregiver.objects.bulk_create([Caregiver(**fields, number=number)], ignore_conflicts=True)
    caregiver = Caregiver.objects.select_for_update(no_key=True).get(**same)
    return caregiver, caregiver.number == number


def _told(person: Patient | Caregiver, kind: str, assignment: CaregiverAssignment, *, role: str) -> dict:
    """A message by mail, or on the list of calls."""
    return {
        "kind": kind,
        "recipient": person.email or str(person.phone),
        "channel": "email" if person.email else "phone",
        "context": {"assignment": assignment.pk, "role": role},
        "dedupe_key": f"{kind}:{assignment.pk}:{role}",
        "language": person.language,
    }
