"""When the next message that confirms an address can be sent: allauth sends one in three minutes."""

from datetime import UTC, datetime, timedelta

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

MAIL_OF_CONFIRMATION = {"app": "allauth.account", "action": "confirm_email"}


def next_mail_at(request: HttpRequest, address: str) -> datetime | None:
    """Return the full minute from which another message can be sent to `address`, or None when it can be sent now.

    The answer is read where allauth counts, so that the page and allauth agree. An address with an account and one
    without are counted alike.
    """
    opens = [_opens_at(request, rate, address.lower()) for rate in ratelimit.get_rates(**MAIL_OF_CONFIRMATION)]
    ahead = [moment for moment in opens if moment > datetime.now(UTC)]
    return _next_full_minute(max(ahead)) if ahead else None


def _opens_at(request: HttpRequest, rate: ratelimit.Rate, key: str) -> datetime:
    sent = cache.get(ratelimit.get_cache_key(request, rate=rate, key=key, **MAIL_OF_CONFIRMATION), [])
    counts = len(sent) >= rate.amount
    return datetime.fromtimestamp(sent[rate.amount - 1] + rate.duration if counts else 0, UTC)


def _next_full_minute(moment: datetime) -> datetime:
    """Return the next full minute, because people read hours and minutes only."""
    return (moment + timedelta(minutes=1)).replace(second=0, microsecond=0)
