from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


@dataclass(frozen=True)
class Dispensary:
    """The dispensary, and how to reach it. `hours` stand inside a sentence of the reader's language."""

    name: str
    phone: str
    email: str
    address: str
    permit: str
    hours: str


def dispensary(request: HttpRequest | None) -> dict[str, Any]:
    """Return the dispensary's name and how to reach it, for every page."""
    return {
        "dispensary": Dispensary(
            name=settings.DISPENSARY_NAME,
            phone=settings.DISPENSARY_PHONE,
            email=settings.DISPENSARY_EMAIL,
            address=settings.DISPENSARY_ADDRESS,
            permit=settings.DISPENSARY_PERMIT,
            hours=hours(),
        )
    }


def hours() -> str:
    """Return when somebody answers the phone, in the language of the page, as it stands inside a sentence.

    Spanish writes weekdays small. English hours, which stay where no Spanish ones are set, do not change.
    """
    words = settings.DISPENSARY_HOURS_ES if get_language() == "es" else settings.DISPENSARY_HOURS
    is_english = words == settings.DISPENSARY_HOURS
    return words if is_english or not words[1:2].islower() else words[0].lower() + words[1:]
