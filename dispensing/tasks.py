"""The scheduled jobs of this app. Each calls one action."""

from celery import shared_task
from django.utils import timezone

from dispensing import actions
from dispensing.papers.stored import WRITERS


@shared_task(name="dispensing.make_papers", time_limit=1800, soft_time_limit=1700)
def make_papers() -> int:
    """Make the long papers that people asked for; returns how many."""
    return actions.make_papers(writers=WRITERS, by=None)


@shared_task(name="dispensing.delete_old_papers")
def delete_old_papers() -> int:
    """Delete the content of papers that are older than a week; returns of how many."""
    return actions.delete_old_papers(now=timezone.now(), by=None)


@shared_task(name="dispensing.ask_assessments")
def ask_assessments() -> int:
    """Ask patients two weeks after their first delivery how well it works; returns how many messages there are."""
    return actions.ask_assessments(now=timezone.now(), by=None)


@shared_task(name="dispensing.remind_recalled")
def remind_recalled() -> int:
    """Remind those who have not answered about a recall two days after they were told; returns how many."""
    return actions.remind_recalled(now=timezone.now(), by=None)
