from celery import shared_task
from django.utils import timezone

from pages import actions


@shared_task(name="pages.note_beat")
def note_beat() -> None:
    """Note the time, to show that scheduled jobs run; /readyz answers how long ago that was."""
    actions.note_beat(at=timezone.now(), by=None)
