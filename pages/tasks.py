from celery import shared_task
from django.utils import timezone

from pages import actions


@shared_task(name="pages.queue_staff_summaries")
def queue_staff_summaries() -> int:
    """Queue what waits for staff: on weekday mornings, and on the evening before a delivery day; return how many."""
    return actions.queue_staff_summaries(now=timezone.now(), by=None)


@shared_task(name="pages.note_beat")
def note_beat() -> None:
    """Note the time, to show that scheduled jobs run; /readyz answers how long ago that was."""
    actions.note_beat(at=timezone.now(), by=None)
