from celery import shared_task

from notifications import actions


@shared_task(name="notifications.drop_calls")
def drop_calls() -> int:
    """Take calls that are not needed any more from the call list; return how many."""
    return actions.drop_calls(by=None)


@shared_task(name="notifications.send_due")
def send_due() -> int:
    """Send the messages that are due; return how many were sent."""
    return actions.send_due(by=None)
