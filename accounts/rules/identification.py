"""How DEA number and SSN digits are compared, and when too many failures close identification."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import IdentificationTry, Physician, User
from accounts.rules.errors import AccountsError

MOST_FAILURES = 5
MOST_FAILURES_OF_NETWORK = 20
FAILURES_COUNT_FOR = timedelta(hours=24)


class IdentificationError(AccountsError):
    """DEA number and SSN digits do not identify this account. It does not say which of them is wrong."""


class LockedOut(IdentificationError):
    """Too many failures; `opens_at` is when it opens again."""

    def __init__(self, opens_at: datetime, tries: int) -> None:
        words = _("For your safety, identification is closed after %(tries)d tries that did not match.")
        super().__init__(words % {"tries": tries})
        self.opens_at = opens_at


def ssn_digest(dea_number: str, ssn_last_four: str, pepper: str | None = None) -> str:
    """Return HMAC-SHA256 of DEA number and last four SSN digits under `pepper` (default: the newest), in hex."""
    key = (pepper or settings.SSN_PEPPERS[0]).encode()
    return hmac.new(key, f"v1|{dea_number}|{ssn_last_four}".encode(), hashlib.sha256).hexdigest()


def ssn_digits_match(dea_number: str, ssn_last_four: str, digest: str) -> bool:
    """Return whether the digits give `digest` under any pepper. Each answer takes the same time."""
    tries = [ssn_digest(dea_number, ssn_last_four, pepper) for pepper in settings.SSN_PEPPERS]
    matches = [hmac.compare_digest(candidate, digest) for candidate in tries]
    return any(matches)


def dea_digest(dea_number: str) -> str:
    """Return the keyed digest under which tries at a DEA number are counted, in hex."""
    return hmac.new(settings.SSN_PEPPERS[0].encode(), f"dea|{dea_number}".encode(), hashlib.sha256).hexdigest()


def check_not_locked_out(*, user: User, digest: str, owner_id: int | None, network: str | None, now: datetime) -> None:
    """At most 5 failures in 24 hours of this account and at this DEA number, and 20 from `network`; raises LockedOut.

    At a number that is bound (`owner_id`), the owner's failures are counted apart from everybody else's, so that a
    stranger cannot lock the owner out. From a network, only failures of accounts without a physician count, and only
    such accounts are closed out: a known physician can identify from a hospital's shared address. While it is closed,
    right digits are refused too; otherwise guessing would go on unseen.
    """
    failures = failures_that_count(now)
    at_number = failures.filter(dea_digest=digest)
    if owner_id is not None:
        at_number = at_number.filter(user=owner_id) if user.pk == owner_id else at_number.exclude(user=owner_id)
    limits = [(at_number, MOST_FAILURES), (failures.filter(user=user), MOST_FAILURES)]
    if network and not Physician.objects.filter(user=user).exists():
        limits.append((failures.filter(network=network, user__physician=None), MOST_FAILURES_OF_NETWORK))
    for counted, most in limits:
        latest = list(counted.order_by("-at").values_list("at", flat=True)[:most])
        if len(latest) == most:
            raise LockedOut(latest[-1] + FAILURES_COUNT_FOR, most)


def failures_that_count(now: datetime) -> QuerySet[IdentificationTry]:
    """Return the failures of the last 24 hours that no Registrar has lifted."""
    since = now - FAILURES_COUNT_FOR
    return IdentificationTry.objects.filter(succeeded=False, lifted_at__isnull=True, at__gt=since)
