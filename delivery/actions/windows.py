"""The terms of delivery, and the windows made from them."""

from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from typing import Any

from django.conf import settings

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import DeliveryPolicy, DeliveryWindow


@audited("policy.set")
def set_policy(*, effective_date: date, by: User | None, **terms: Any) -> DeliveryPolicy:
    """The terms of delivery from `effective_date` on (fields of DeliveryPolicy)."""
    policy, _created = DeliveryPolicy.objects.get_or_create(effective_date=effective_date, defaults=terms)
    record(action="policy.set", by=by, subject=policy)
    return policy


@audited("reference.policies")
def sync_policies(*, policies: Iterable[Mapping[str, Any]], by: User | None) -> None:
    """Make the first terms of delivery stand where there are none; running it again changes nothing."""
    if not DeliveryPolicy.objects.exists():
        DeliveryPolicy.objects.bulk_create(DeliveryPolicy(**policy) for policy in policies)


@audited("windows.make")
def make_windows(*, today: date, by: User | None) -> int:
    """The windows of the next WEEKS_OF_WINDOWS weeks, as the policy of each day says; those that stand are left alone.

    Returns how many there are in that time.
    """
    wanted = []
    for offset in range(settings.WEEKS_OF_WINDOWS * 7):
        day = today + timedelta(days=offset)
        policy = rules.policy_on(day)
        if day.weekday() == policy.weekday:
            wanted += [
                DeliveryWindow(
                    date=day,
                    starts=time.fromisoformat(starts),
                    ends=time.fromisoformat(ends),
                    capacity=policy.capacity,
                )
                for starts, ends in policy.windows
            ]
    DeliveryWindow.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(wanted)
