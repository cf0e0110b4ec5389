"""Queue the messages that allauth writes, so that a mail server that is away fails no request."""

from typing import Any
from uuid import uuid4

from accounts import account_mails, rules
from accounts.models import User
from notifications.actions import queue

PRIORITY = 1  # a person waits in front of the page


def send_account_mail(*, prefix: str, recipient: str, context: dict[str, Any], by: User | None) -> None:
    """Queue the message of allauth's template `prefix` with the words of its `context`, and wake the sender."""
    queue(
        kind=account_mails.kind_of(prefix),
        recipient=recipient,
        secret=account_mails.stored_words(prefix, context),
        dedupe_key=f"account:{uuid4()}",
        language=rules.language_of(recipient),
        priority=PRIORITY,
        by=by,
    )
