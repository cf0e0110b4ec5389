"""What patients, caregivers and physicians are reminded of."""

from datetime import date, timedelta

from django.db.models import Prefetch

from accounts.models import User
from certification import rules
from certification.models import CaregiverAssignment, Certification
from notifications.actions import queue


def queue_renewal_reminders(*, today: date, by: User | None) -> int:
    """Queue what is due on `today`: one row per (certification, kind, recipient); returns how many were looked at.

    Kinds: 60, 30, 14, 7, 1 days before the end and "ended". To the patient (by phone where there is no e-mail), the
    current caregiver, and the physician. A renewal supersedes the certification, so nothing more is found.
    """
    horizon = today + timedelta(days=max(rules.REMINDER_DAYS))
    open_assignments = Prefetch(
        "patient__assignments",
        CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver"),
    )
    ending = (
        Certification.objects.active()
        .filter(expires_date__lte=horizon, expires_date__gt=today - rules.ENDED_REMINDER_WITHIN)
        .select_related("patient", "physician")
        .prefetch_related(open_assignments)
    )
    count = 0
    for certification in ending.iterator(chunk_size=500):
        assert certification.expires_date
        kind = rules.reminder_due(expires_date=certification.expires_date, today=today)
        if kind:
            _queue_reminder(certification, kind, by=by)
            count += 1
    return count


def _queue_reminder(certification: Certification, kind: str, *, by: User | None) -> None:
    patient = certification.patient
    assert patient is not None
    assignment = patient.current_assignment
    people = {
        "patient": patient,
        "caregiver": assignment and assignment.caregiver,
        "physician": certification.physician,
    }
    told = set()  # a mother and her child may share an address
    for role, person in people.items():
        recipient = person and (person.email or str(person.phone))
        if recipient and recipient not in told:
            told.add(recipient)
            queue(
                kind="renewal_reminder",
                recipient=recipient,
                channel="email" if person.email else "phone",
                context={"certification": certification.pk, "reminder": kind, "role": role},
                dedupe_key=f"renewal:{certification.pk}:{kind}:{role}",
                language=getattr(person, "language", "en"),
                by=by,
            )
