"""Decide by which way a message goes: as a text where that was agreed to, else by e-mail, else by a call.

A letter follows a call: staff choose it (`notifications/actions/calls.py`).
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from notifications import texts
from notifications.models import Bounce, Notification, TextConsent


@dataclass(frozen=True)
class Way:
    """The channel of a message, and the address or number in it."""

    channel: str
    recipient: str


def way_to(*, email: str, phone: str, kind: str = "") -> Way:
    """Return the way to a person: by e-mail, unless there is none or it bounces, else a call to the phone.

    A message of a `kind` that has a text goes as a text in place of both, where the person has agreed to texts. Without
    a phone, mail goes to an address that bounces: staff then see that it failed. `phone` is in E.164, for example
    +18605550142. The reminders ask the same in SQL: `certification/writes/reminders.py`.
    """
    if goes_as_text(kind, phone):
        return Way(Notification.Channel.SMS, phone)
    if email and not (phone and comes_back(email)):
        return Way(Notification.Channel.EMAIL, email)
    return Way(Notification.Channel.PHONE, phone)


def goes_as_text(kind: str, phone: str) -> bool:
    """Return whether a message of the kind goes as a text to the number now."""
    return texts.is_on() and bool(phone) and texts.has_text(kind) and texts.is_agreed(phone)


def agreed_at(phone: str) -> Exists:
    """Return as a condition for queries whether texts are agreed to; `phone` is the path from the outer row."""
    return Exists(TextConsent.objects.open().filter(phone=OuterRef(phone)))


def comes_back(email: str) -> bool:
    """Return whether mail to the address comes back, so that nothing more goes to it."""
    return Bounce.objects.stopped().filter(address=email.lower()).exists()


def comes_back_to(email: str) -> Exists:
    """Return the same answer as a condition for queries; `email` is the path of the address from the outer row."""
    address: Any = Lower(OuterRef(email))
    return Exists(Bounce.objects.stopped().filter(address=address))
