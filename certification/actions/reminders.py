"""Reminders of the end of a certification, and messages about a physician who leaves practice."""

import math
import time
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import Physician, User
from audit.actions import audited, record
from certification import rules
from certification.models import CaregiverAssignment, Certification, ReminderRun
from certification.writes.messages import messages_to, recipients_of
from certification.writes.reminders import reminders_for
from notifications.actions import queue_many, queue_selected

# How many certifications get their reminders in one transaction, which takes some seconds. With a million of them each
# statement reads all patients, so a smaller part costs more.
PART = 100_000


def queue_renewal_reminders(
    *, today: date, by: User | None, within: timedelta | None = None, is_rest: bool = False, part: int = PART
) -> int:
    """Queue the reminders that are due on `today`, each once; return how many certifications have one.

    They are due on the days of `rules.REMINDER_DAYS` before the end and when it has ended. They go to the patient, the
    current caregiver, and the physician unless they have left practice. After a renewal nothing is found, because it
    supersedes the certification.

    After the time `within` the run stops (no time: never). What stops it, an error too, loses nothing: the next run, of
    a later day too, goes on with the certification after the last one told. With `is_rest` a run that was stopped goes
    on, and no new one begins.
    """
    if not is_rest:
        _begin_run(today)
    count, ends_at = 0, math.inf if within is None else time.monotonic() + within.total_seconds()
    while (told := _queue_part(today, part, by=by)) is not None:
        count += told
        if time.monotonic() >= ends_at:
            break
    return count


def _begin_run(today: date) -> None:
    """Make the run of the day, or begin it again when it is finished; a run that was stopped keeps its place."""
    place = {"after_date": rules.reminder_spans(today)[0].after, "after_id": 0}
    _run, is_new = ReminderRun.objects.get_or_create(day=today, defaults=place)
    if not is_new:
        ReminderRun.objects.filter(day=today, finished_at__isnull=False).update(finished_at=None, **place)


@transaction.atomic
def _queue_part(today: date, part: int, *, by: User | None) -> int | None:
    """Queue the reminders of the next certifications, `part` at most; return how many, or None when none is left.

    None too when another worker holds the run: that worker goes on with it.
    """
    run = ReminderRun.objects.select_for_update(no_key=True, skip_locked=True).unfinished().first()
    if run is None:
        return None
    for span in rules.reminder_spans(today):
        left = Certification.objects.expiring(after=span.after, until=span.until).filter(run.left())
        keys = left.order_by("expires_date", "pk").values_list("expires_date", "pk")
        last = keys[part - 1 : part].first() or keys.reverse().first()
        if last is None:
            continue
        told = left.filter(expires_date__lte=last[0]).exclude(expires_date=last[0], pk__gt=last[1])
        queue_selected(messages=[reminders_for(told, span.kind, today=today)], by=by)
        ReminderRun.objects.filter(pk=run.pk).update(after_date=last[0], after_id=last[1])
        return told.count()
    ReminderRun.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    return 0


def _with_people() -> QuerySet[Certification]:
    open_assignments = Prefetch(
        "patient__assignments",
        CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver"),
    )
    return Certification.objects.active().select_related("patient", "physician").prefetch_related(open_assignments)


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
