"""How many calls for one card may fail."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from delivery.models import FailedCall
from delivery.rules.errors import CallsClosed

MOST_FAILED_CALLS = 5
FAILED_CALLS_COUNT_FOR = timedelta(hours=1)


def check_calls_are_open(number: str, *, now: datetime) -> None:
    """Fewer than 5 calls for this card number failed in the last hour; raises CallsClosed.

    After that even right answers are refused. A birth date can be guessed, so a person who has found a card must not
    try one date after the other.
    """
    failed = FailedCall.objects.filter(number=number, at__gt=now - FAILED_CALLS_COUNT_FOR).order_by("-at")
    latest = list(failed.values_list("at", flat=True)[:MOST_FAILED_CALLS])
    if len(latest) < MOST_FAILED_CALLS:
        return
    opens_at = latest[-1] + FAILED_CALLS_COUNT_FOR + timedelta(minutes=1)  # people read full minutes
    words = _(
        "The answers of five calls for this card did not fit. The next call can be taken at %(time)s Eastern. "
        "Until then, call back at the number on file."
    )
    raise CallsClosed(words % {"time": date_format(timezone.localtime(opens_at), "P")})
