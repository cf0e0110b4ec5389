"""Reminders of the end of a certification, and messages about a physician who leaves practice."""

from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import Physician, User
from audit.actions import audited, record
from certification import rules
from certification.models import CaregiverAssignment, Certification
from certification.writes.messages import messages_to, recipients_of
from notifications.actions import queue_many

A_CHUNK = 500


def queue_renewal_reminders(*, today: date, by: User | None) -> int:
    """Queue the reminders that are due on `today`, each once; return how many certifications have one.

    They are due 60, 30, 14, 7 and 1 days before the end and when it has ended. They go to the patient, the current
    caregiver, and the physician unless they have left practice. After a renewal nothing is found, because it supersedes
    the certification.
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
    practices = not certification.physician.has_left_on(today)
    messages = messages_to(
        recipients_of(certification, with_physician=practices),
        "renewal_reminder",
        context={"certification": certification.pk, "reminder": kind},
        key=f"{certification.pk}:{kind}",
        key_kind="renewal",
    )
    queue_many(messages=messages, by=by)


@audited("certification.tell_of_leaving", subject="physician")
def tell_patients_of_leaving(*, physician: Physician, left_date: date, by: User | None) -> int:
    """Notify each patient whose certification by this physician runs, and the caregiver, of what to do now.

    They get one message for each day of leaving. Returns how many certifications run.
    """
    running = _with_people().filter(physician=physician, expires_date__gt=timezone.localdate()).order_by("pk")
    messages = [
        message
        for certification in running
        for message in messages_to(
            recipients_of(certification),
            "practice_left",
            context={"certification": certification.pk},
            key=f"{certification.pk}:{left_date}",
        )
    ]
    queue_many(messages=messages, by=by)
    record(by=by, subject=physician)
    return len(running)
