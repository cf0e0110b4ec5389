"""How often something may be tried: the figures are ACCOUNT_RATE_LIMITS, and allauth counts them."""

from allauth.core.internal import ratelimit
from django.http import HttpRequest


def is_within(request: HttpRequest, *, action: str, dry_run: bool = False) -> bool:
    """Count one more try, and return whether the address or account is within its limit. A dry run counts nothing."""
    used = ratelimit.consume(request, app="allauth.account", action=action, limit_get=True, dry_run=dry_run)
    return used is not None
