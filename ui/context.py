from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


def dispensary(request: HttpRequest) -> dict[str, Any]:
    """Who stands behind the portal and how to reach them, on every page."""
    names = ("name", "phone", "email", "address", "permit")
    kept = {name: getattr(settings, f"DISPENSARY_{name.upper()}") for name in names}
    return {"dispensary": {**kept, "hours": hours()}}


def hours() -> str:
    """When somebody answers, in the language of the moment."""
    return settings.DISPENSARY_HOURS_ES if get_language() == "es" else settings.DISPENSARY_HOURS
