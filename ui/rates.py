"""How often something may be tried: the figures are ACCOUNT_RATE_LIMITS, counted by allauth in the database cache."""

from allauth.core.internal import ratelimit
from django.http import HttpRequest


def is_within(request: HttpRequest, *, action: str, dry_run: bool = False) -> bool:
    """Count one more, a GET too; False once an address or account has had its share. A dry run only asks."""
    used = ratelimit.consume(request, app="allauth.account", action=action, limit_get=True, dry_run=dry_run)
    return used is not None
