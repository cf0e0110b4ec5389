from celery import shared_task
from django.utils import timezone

from delivery import actions


@shared_task(name="delivery.make_windows")
def make_windows():
    """Make the windows of the next weeks; returns how many there are."""
    return actions.make_windows(today=timezone.localdate(), by=None)


@shared_task(name="delivery.lapse_orders")
def lapse_orders():
    """Give back what unconfirmed orders of passed windows hold; returns how many lapsed."""
    return actions.lapse_orders(now=timezone.now(), by=None)
