"""The request of a signed-in person, for the types of views."""

from typing import Any

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request whose user is signed in: `LoginRequiredMiddleware` lets no other one pass."""

    user: User


class HtmxRequest(SignedInRequest):
    """A request of staff, with what django-htmx notes on it."""

    htmx: Any
