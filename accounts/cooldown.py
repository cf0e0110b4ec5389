"""When a limit of allauth opens again: for the next message that confirms an address, and after too many tries."""

from datetime import UTC, datetime, timedelta
from itertools import product

from allauth.account import app_settings
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

COUNTED = "allauth.account"  # the app under whose name allauth counts what ACCOUNT_RATE_LIMITS names
LONGEST = timedelta(minutes=5)  # the longest of our limits, for a refusal whose counter cannot be found


def next_mail_at(request: HttpRequest, address: str) -> datetime | None:
    """Return the full minute from which another message can be sent to `address`, or None when it can be sent now.

    An address with an account and one without are counted alike.
    """
    opens_at = _last_opening(request, ["confirm_email"], [address.lower()])
    return _next_full_minute(opens_at) if opens_at else None


def next_try_at(request: HttpRequest, *, action: str, key: str | None = None) -> datetime:
    """Return the full minute from which `action` can be tried again after allauth refused it.

    The answer is read where allauth counts, so that the sentence and allauth agree. It depends on what was typed
    and from where, never on whether an account exists.
    """
    return _next_full_minute(_last_opening(request, [action], [key]) or datetime.now(UTC) + LONGEST)


def next_visit_at(request: HttpRequest) -> datetime:
    """Return the full minute from which a page that answered "too many tries" can be asked again.

    The page does not know which limit refused it, so the last one to open among those of this visitor counts.
    """
    typed = (request.POST.get("email") or "").lower()
    return _next_full_minute(
        _last_opening(request, list(app_settings.RATE_LIMITS), [typed]) or datetime.now(UTC) + LONGEST
    )


def _last_opening(request: HttpRequest, actions: list[str], keys: list[str | None]) -> datetime | None:
    """Return when the last of the full limits opens, or None when none is full."""
    opens = [
        _opens_at(request, rate, action, key)
        for action, key in product(actions, keys)
        for rate in ratelimit.get_rates(app=COUNTED, action=action)
        if _applies(request, rate, key)
    ]
    return max((moment for moment in opens if moment > datetime.now(UTC)), default=None)


def _applies(request: HttpRequest, rate: ratelimit.Rate, key: str | None) -> bool:
    return {"user": request.user.is_authenticated, "key": key is not None}.get(rate.per, True)


def _opens_at(request: HttpRequest, rate: ratelimit.Rate, action: str, key: str | None) -> datetime:
    tried = cache.get(ratelimit.get_cache_key(request, app=COUNTED, action=action, rate=rate, key=key), [])
    counts = len(tried) >= rate.amount
    return datetime.fromtimestamp(tried[rate.amount - 1] + rate.duration if counts else 0, UTC)


def _next_full_minute(moment: datetime) -> datetime:
    """Return the next full minute, because people read hours and minutes only."""
    return (moment + timedelta(minutes=1)).replace(second=0, microsecond=0)
