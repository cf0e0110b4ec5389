from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from certification import actions

WITHIN = timedelta(seconds=35)  # less than the worker's soft time limit, by more than a part takes


@shared_task(name="certification.queue_renewal_reminders")
def queue_renewal_reminders() -> int:
    """Queue the renewal reminders of today (New York); return how many certifications have one."""
    return actions.queue_renewal_reminders(today=timezone.localdate(), within=WITHIN, by=None)


@shared_task(name="certification.finish_renewal_reminders")
def finish_renewal_reminders() -> int:
    """Go on with a run of the reminders that was stopped; return for how many certifications, 0 when none was."""
    return actions.queue_renewal_reminders(today=timezone.localdate(), within=WITHIN, is_rest=True, by=None)


@shared_task(name="certification.queue_office_weeks")
def queue_office_weeks() -> int:
    """Queue the weekly message to physicians' offices, on Monday or late on Tuesday; return how many are new."""
    return actions.queue_office_weeks(now=timezone.now(), by=None)


@shared_task(name="certification.discard_old_drafts")
def discard_old_drafts() -> int:
    """Delete the drafts that nobody has changed for 90 days; return how many."""
    return actions.discard_old_drafts(today=timezone.localdate(), by=None)
