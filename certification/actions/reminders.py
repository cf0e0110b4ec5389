"""What patients, caregivers and physicians are reminded of."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import Physician, User
from audit.actions import audited, record
from certification import rules
from certification.models import CaregiverAssignment, Certification
from notifications.actions import queue, queue_many

A_CHUNK = 500


def queue_renewal_reminders(*, today: date, by: User | None) -> int:
    """Queue what is due on `today`: one row per (certification, kind, recipient); returns how many were looked at.

    Kinds: 60, 30, 14, 7, 1 days before the end and "ended". To the patient (by phone where there is no e-mail), the
    current caregiver, and the physician unless she has left. A renewal supersedes the certification, so nothing more is
    found.
    """
    count, horizon = 0, today + timedelta(days=max(rules.REMINDER_DAYS))
    expiring = Certification.objects.expiring(after=today - rules.ENDED_REMINDER_WITHIN, until=horizon)
    ending = list(expiring.values_list("pk", flat=True))  # an index alone holds these: the table has a million rows
    for start in range(0, len(ending), A_CHUNK):
        for certification in _with_people().filter(pk__in=ending[start : start + A_CHUNK]).order_by("pk"):
            kind = rules.reminder_due(expires_date=certification.expires_date, today=today)
            if kind:
                _queue_reminder(certification, kind, today, by=by)
                count += 1
    return count


def _with_people() -> QuerySet[Certification]:
    open_assignments = Prefetch(
        "patient__assignments",
        CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver"),
    )
    return Certification.objects.active().select_related("patient", "physician").prefetch_related(open_assignments)


def _queue_reminder(certification: Certification, kind: str, today: date, *, by: User | None) -> None:
    people = patient_and_caregiver(certification)
    if not (physician := certification.physician).has_left_on(today):
        people["physician"] = physician
    for role, address in addresses(people).items():
        queue(
            kind="renewal_reminder",
            context={"certification": certification.pk, "reminder": kind, "role": role},
            dedupe_key=f"renewal:{certification.pk}:{kind}:{role}",
            by=by,
            **address,
        )


def patient_and_caregiver(certification: Certification) -> dict[str, Any]:
    """Whom a certification concerns, by role."""
    assignment = certification.patient.current_assignment
    people: dict[str, Any] = {"patient": certification.patient}
    return {**people, "caregiver": assignment.caregiver} if assignment else people


def addresses(people: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Where each is told: by e-mail, or on the list of calls. A mother and child who share an address are told once."""
    found: dict[str, dict[str, Any]] = {}
    told = set()
    for role, person in people.items():
        recipient = person.email or str(person.phone)
        if recipient not in told:
            told.add(recipient)
            found[role] = {
                "recipient": recipient,
                "channel": "email" if person.email else "phone",
                "language": getattr(person, "language", "en"),
            }
    return found


@audited("certification.tell_of_leaving", subject="physician")
def tell_patients_of_leaving(*, physician: Physician, left_date: date, by: User | None) -> int:
    """Queue to each patient of hers whose certification runs, and to the caregiver, what to do now.

    Told once a day of leaving; returns how many certifications there are.
    """
    running = _with_people().filter(physician=physician, expires_date__gt=timezone.localdate()).order_by("pk")
    messages = [
        {
            "kind": "practice_left",
            "context": {"certification": certification.pk, "role": role},
            "dedupe_key": f"practice_left:{certification.pk}:{left_date}:{role}",
            **address,
        }
        for certification in running
        for role, address in addresses(patient_and_caregiver(certification)).items()
    ]
    queue_many(messages=messages, by=by)
    record(by=by, subject=physician)
    return len(running)
