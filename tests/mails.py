"""The mails of a test. Its transaction never commits, so nothing sends the outbox unless a test calls `delivered`."""

import re
from datetime import timedelta

from django.core import mail
from django.db.models import F

from notifications.actions import send_due
from notifications.models import Notification
from tests.guard import unguarded


def delivered():
    """Send the messages that are due; return all mails sent in this test so far."""
    send_due(by=None)
    return mail.outbox


def link_in(message):
    """Return the path of the one-time link in a mail about an account."""
    return re.search(r"http://testserver(/accounts/\S+)", message.body)[1]


def pass_time(**span):
    """Let time pass for the outbox, whose clock is the database's: move its times back."""
    with unguarded():
        for name in ("due_at", "lease_until"):
            Notification.objects.update(**{name: F(name) - timedelta(**span)})
