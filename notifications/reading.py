"""Staff read a message to somebody before they call or post it: a look at that person."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from audit.actions import record_many
from notifications import kinds
from notifications.addressees import addressee_of
from notifications.models import Notification


def record_reading(messages: Iterable[Notification], *, by: AbstractBaseUser) -> None:
    """Append an event about the person of each message that `by` reads."""
    record_many(action="notification.read", by=by, subjects=list(_people(messages)))


def _people(messages: Iterable[Notification]) -> Iterator[Any]:
    """Yield the rows of the people whom the messages are for; a message that is not needed any more is for nobody."""
    for message in messages:
        words = kinds.get(message.kind).context_for(message)
        addressee = addressee_of(message, words) if words else None
        if addressee and addressee.person:
            yield addressee.person
