"""The scheduled jobs of this app. Each calls one action."""

from celery import shared_task
from django.utils import timezone

from dispensing import actions


@shared_task(name="dispensing.remind_recalled")
def remind_recalled() -> int:
    """Remind those who have not answered about a recall two days after they were told; returns how many."""
    return actions.remind_recalled(now=timezone.now(), by=None)
