"""Decide by which way a message goes: as a text where that was agreed to, else by e-mail, else by a call.

A letter follows a call: staff choose it (`notifications/actions/calls.py`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from notifications import kinds, texts
from notifications.models import Bounce, Notification, TextConsent
from ui.prepared import Prepared


@dataclass(frozen=True)
class Way:
    """The channel of a message, and the address or number in it."""

    channel: str
    recipient: str


@dataclass(frozen=True)
class Known:
    """Addresses that bounce and numbers that take texts, read at once for many people."""

    stopped: frozenset[str]  # addresses in lower case from which mail comes back
    agreed: frozenset[str]  # numbers (E.164) at which somebody agreed to texts


def known_of(people: Iterable[tuple[str, str]]) -> Known:
    """Return what `way_to` has to know of people, given by e-mail address and phone, in two queries at most."""
    pairs = list(people)
    stopped = stopped_since(email for email, _phone in pairs)
    numbers = [phone for _email, phone in pairs if phone] if texts.is_on() else []
    agreed = TextConsent.objects.open().filter(phone__in=numbers).values_list("phone", flat=True) if numbers else ()
    return Known(frozenset(email.lower() for email in stopped), frozenset(agreed))


def way_to(*, email: str, phone: str, kind: str = "", known: Known | None = None) -> Way:
    """Return the way to a person: by e-mail, unless there is none or it bounces, else a call to the phone.

    A message of a `kind` that has a text goes as a text in place of both, where the person has agreed to texts. Without
    a phone, mail goes to an address that bounces: staff then see that it failed. `phone` is in E.164, for example
    +18605550142. `known` is what was read for many people at once. The reminders ask the same in SQL:
    `certification/writes/reminders.py`.
    """
    known = known or known_of([(email, phone)])
    if phone in known.agreed and texts.has_text(kind):
        return Way(Notification.Channel.SMS, phone)
    if email and not (phone and email.lower() in known.stopped):
        return Way(Notification.Channel.EMAIL, email)
    return Way(Notification.Channel.PHONE, phone)


def agreed_at(phone: str) -> Exists:
    """Return as a condition for queries whether texts are agreed to; `phone` is the path from the outer row."""
    return Exists(TextConsent.objects.open().filter(phone=OuterRef(phone)))


def comes_back(email: str) -> bool:
    """Return whether mail to the address comes back, so that nothing more goes to it."""
    return bool(stopped_since([email]))


def stopped_since(emails: Iterable[str]) -> dict[str, datetime]:
    """Return, for those of the addresses from which mail comes back, since when nothing goes there."""
    given = {email.lower(): email for email in emails if email}
    found = _stopped.rows(addresses=list(given)) if given else []
    return {given[address]: at for address, at in found if at}


_stopped = Prepared(
    lambda *, addresses: Bounce.objects.stopped().filter(address__in=addresses).values_list("address", "stopped_at")
)


def comes_back_to(email: str) -> Exists:
    """Return the same answer as a condition for queries; `email` is the path of the address from the outer row."""
    address: Any = Lower(OuterRef(email))
    return Exists(Bounce.objects.stopped().filter(address=address))


_finders: list[Callable[[Notification], Way | None]] = []


def register_other(find: Callable[[Notification], Way | None]) -> None:
    """Register `find(notification)`: the way to the person of a mail that came back, or None when it knows none."""
    if find not in _finders:
        _finders.append(find)


def other_way(notification: Notification) -> Way | None:
    """Return the way by which a mail that came back goes now, or None when there is none but this address.

    A mail with a one-time link goes no other way: the link was erased when the mail was sent.
    """
    if kinds.get(notification.kind).has_link:
        return None
    return next((way for find in _finders if (way := find(notification)) and way.recipient), None)
