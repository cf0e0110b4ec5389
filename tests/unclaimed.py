"""Celery as in tests/hasty.py, with senders that claim nothing: the control for the proof that two send once."""

import django

from tests.hasty import app

django.setup()

from django.db.models.functions import Now  # noqa: E402

from notifications import writes  # noqa: E402
from notifications.models import Notification  # noqa: E402

__all__ = ["app"]


def read(*, priorities, limit, channel=Notification.Channel.EMAIL):
    waiting = Notification.objects.filter(channel=channel, status=Notification.Status.QUEUED)
    return list(waiting.filter(priority__gte=priorities.start, priority__lt=priorities.stop).order_by("pk")[:limit])


def mark_sent(notification, message_id):
    sent = {"status": Notification.Status.SENT, "sent_at": Now(), "message_id": message_id}
    Notification.objects.filter(pk=notification.pk).update(**sent)


writes.claim, writes.mark_sent, writes.give_back = read, mark_sent, lambda _left: None
