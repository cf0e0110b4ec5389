from celery import shared_task
from django.utils import timezone

from certification import actions


@shared_task(name="certification.queue_renewal_reminders")
def queue_renewal_reminders() -> int:
    """Queue the renewal reminders of today (New York); return how many certifications have one."""
    return actions.queue_renewal_reminders(today=timezone.localdate(), by=None)


@shared_task(name="certification.discard_old_drafts")
def discard_old_drafts() -> int:
    """Delete the drafts that nobody has changed for 90 days; return how many."""
    return actions.discard_old_drafts(today=timezone.localdate(), by=None)
