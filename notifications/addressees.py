"""The people whom messages are for, as a letter or another way needs them. The apps above register how to find them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from notifications.models import Notification


@dataclass(frozen=True)
class Addressee:
    """A person with the lines of the postal address, and the e-mail address ("" for none) and phone (E.164).

    `person` is the row of the person, such as a Patient.
    """

    name: str
    lines: tuple[str, ...]
    email: str
    phone: str
    person: Model | None = None


Find = Callable[[Notification, dict[str, Any]], Addressee | None]
_finders: list[Find] = []


def register(find: Find) -> None:
    """Register `find(message, words)`: it returns whom a message of its app is for; None when it does not know."""
    if find not in _finders:
        _finders.append(find)


def addressee_of(notification: Notification, words: dict[str, Any]) -> Addressee | None:
    """Return whom a message is for, by the words that its kind has read; None when nobody is found."""
    found = (find(notification, words) for find in _finders)
    return next((addressee for addressee in found if addressee), None)
