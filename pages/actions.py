"""Every write of the public pages: messages of the contact form, and the note that scheduled jobs run."""

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from accounts.sql import lock_text
from audit.actions import audited, record
from notifications.actions import queue
from pages import rules
from pages.models import ContactMessage
from ui.text import readable_number

LAST_BEAT = "last_beat"  # key in the cache of the database


@audited("message.receive")
def receive_message(*, name: str, email: str, message: str, address: str | None, by: User | None) -> ContactMessage:
    """Keep a message of the contact form, send its writer a receipt and tell the staff.

    The same form sent again within an hour gives the message that is there. `address` is the visitor's network address,
    kept as a keyed digest; `by` is None for a visitor. Raises UnreadableName, TooManyMessages.
    """
    rules.check_name_is_one_line(name)
    now = timezone.now()
    email = email.strip().lower()
    sender = rules.address_digest(address)
    content = rules.content_digest(name=name, email=email, message=message)
    for text in sorted([f"message {email}", f"message {sender}"]):
        lock_text(text)
    recent = ContactMessage.objects.since(now - rules.COUNTED_OVER)
    if repeated := recent.filter(email=email, content_digest=content).first():
        return repeated
    rules.check_not_too_many_messages(address=sender, email=email, now=now)
    received = ContactMessage.objects.create(
        number=readable_number("M"),
        name=name,
        email=email,
        message=message,
        address_digest=sender,
        content_digest=content,
    )
    record(action="message.receive", by=by, subject=received)
    _tell("contact_receipt", received, recipient=email, by=by)
    _tell("contact_message", received, recipient=settings.DISPENSARY_EMAIL, by=by)
    return received


def _tell(kind: str, message: ContactMessage, *, recipient: str, by: User | None) -> None:
    queue(
        kind=kind,
        recipient=recipient,
        context={"message": message.pk},
        dedupe_key=f"{kind}:{message.pk}",
        by=by,
    )


@audited("message.answer")
def answer_message(*, message: ContactMessage, by: User) -> ContactMessage:
    """Mark a message as answered by `by`; raises AlreadyAnswered."""
    message = ContactMessage.objects.select_for_update(no_key=True).get(pk=message.pk)
    rules.check_message_is_open(message)
    message.answered_at = timezone.now()
    message.answered_by = by
    message.save(update_fields=["answered_at", "answered_by"])
    record(action="message.answer", by=by, subject=message)
    return message


def note_beat(*, at: datetime, by: User | None) -> None:
    """Note in the cache of the database that the scheduled jobs ran at this moment."""
    cache.set(LAST_BEAT, at.isoformat(), timeout=None)
