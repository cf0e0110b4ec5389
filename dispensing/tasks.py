"""The scheduled jobs of this app. Each calls one action."""

from celery import shared_task
from django.utils import timezone

from dispensing import actions


@shared_task(name="dispensing.ask_assessments")
def ask_assessments() -> int:
    """Ask patients two weeks after their first delivery how well it works; returns how many messages there are."""
    return actions.ask_assessments(now=timezone.now(), by=None)
