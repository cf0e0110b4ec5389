"""Prove again who one is, with the password, on the page that asks for a signature.

A proof holds for ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, as on allauth's own page.
"""

from collections.abc import Callable
from functools import partial

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required, reauthenticate_by_password
from allauth.core.internal import ratelimit
from django.urls import reverse
from django.utils.http import urlencode

from accounts.requests import SignedInRequest

Prover = Callable[[str], None]


def prover(request: SignedInRequest) -> Prover | None:
    """Return what checks a typed password and notes the proof; it raises ValidationError.

    None when the person has proved it just now, or has no password: then another way is asked for on its own page.
    """
    if not is_reauthentication_required(request, app="") or not request.user.has_usable_password():
        return None
    return partial(_prove, request)


def _prove(request: SignedInRequest, password: str) -> None:
    """Note that the person has proved who they are; wrong passwords count for the limits of allauth's page."""
    adapter = get_adapter(request)
    if not ratelimit.consume(request, app="allauth.account", action="reauthenticate", user=request.user):
        raise adapter.validation_error("too_many_login_attempts")
    if not adapter.reauthenticate(request.user, password):
        raise adapter.validation_error("incorrect_password")
    reauthenticate_by_password(request)


def has_other_ways(request: SignedInRequest) -> bool:
    """Return whether the person can prove it by a passkey or a code too."""
    return len(get_adapter(request).get_reauthentication_methods(request.user)) > 1


def proof_url(page: str) -> str:
    """Return the address on which the person chooses how to prove it, and comes back to `page`."""
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}"
