"""What left the outbox: a test's transaction never commits, so nothing wakes the sender by itself."""

import re

from django.core import mail

from notifications.actions import send_due


def delivered():
    """Send what is due; the mails that were sent in this test so far."""
    send_due(by=None)
    return mail.outbox


def link_in(message):
    """The path of the one-time link that a mail of the account carries."""
    return re.search(r"http://testserver(/accounts/\S+)", message.body)[1]
