import mmap
from datetime import timedelta
from typing import Any

from celery import Task, shared_task, signals

from notifications import actions
from notifications.actions import bounces
from notifications.models import Notification

WITHIN = timedelta(seconds=35)  # less than the worker's soft time limit, by more than one mail may take

# Set when the worker is told to stop. Its processes share this byte, because they are forks of the one that is told.
_stopping = mmap.mmap(-1, 1)


@signals.worker_shutting_down.connect
def note_that_the_worker_stops(**_: Any) -> None:
    _stopping[0] = 1


def is_stopping() -> bool:
    """Return whether the worker was told to stop: the sender then gives back what it has claimed."""
    return _stopping[0] == 1


@shared_task(name="notifications.drop_calls")
def drop_calls() -> int:
    """Take calls that are not needed any more from the call list; return how many."""
    return actions.drop_calls(by=None)


@shared_task(name="notifications.read_bounces")
def read_bounces() -> int:
    """Read which mails came back; return how many messages of ours did. It waits for the mail server, so not urgent."""
    return bounces.read_bounces(by=None)


@shared_task(name="notifications.send_due")
def send_due(limit: int | None = None) -> int:
    """Send the urgent messages that are due; return how many were sent."""
    return _send(send_due, actions.URGENT, limit)


@shared_task(name="notifications.send_bulk")
def send_bulk(limit: int | None = None) -> int:
    """Send the bulk messages that are due; return how many were sent."""
    return _send(send_bulk, actions.BULK, limit)


@shared_task(name="notifications.send_texts")
def send_texts(limit: int | None = None) -> int:
    """Send the texts that are due, outside the quiet hours; return how many were sent."""
    return _send(send_texts, actions.ALL, limit, channel=Notification.Channel.SMS)


def _send(task: Task, priorities: range, limit: int | None, channel: str = Notification.Channel.EMAIL) -> int:
    """Send for WITHIN at most; a worker then sends this task once more for the rest."""
    then_wake = "" if task.request.is_eager else task.name
    return actions.send_due(
        channel=channel, priorities=priorities, limit=limit, within=WITHIN, is_stopping=is_stopping,
        then_wake=then_wake, by=None,
    )  # fmt: skip
