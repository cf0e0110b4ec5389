"""The mails of a test. Its transaction never commits, so nothing sends the outbox unless a test calls `delivered`."""

import re

from django.core import mail

from notifications.actions import send_due


def delivered():
    """Send the messages that are due; return all mails sent in this test so far."""
    send_due(by=None)
    return mail.outbox


def link_in(message):
    """Return the path of the one-time link in a mail about an account."""
    return re.search(r"http://testserver(/accounts/\S+)", message.body)[1]
