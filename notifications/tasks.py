from celery import shared_task

from notifications import actions


@shared_task(name="notifications.drop_calls")
def drop_calls() -> int:
    """Take from the call list what no longer holds; returns how many."""
    return actions.drop_calls(by=None)


@shared_task(name="notifications.send_due")
def send_due() -> int:
    """Send what is due in the outbox; returns how many messages went out."""
    return actions.send_due(by=None)
