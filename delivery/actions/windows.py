"""The terms of delivery, the windows that are made from them, and the windows that staff add by hand."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import DeliveryPolicy, DeliveryWindow
from delivery.writes.locks import lock_calendar
from delivery.writes.windows import make_missing_windows


@audited("policy.set")
def set_policy(*, effective_date: date, reason: str, by: User, **terms: Any) -> DeliveryPolicy:
    """Set the terms of delivery from `effective_date` on (fields of DeliveryPolicy), in the place of terms of that day.

    Placed orders keep their terms. The windows of those days change as `rules.windows_under` says. Raises PolicyError.
    """
    lock_calendar()
    today = timezone.localdate()
    rules.check_policy(DeliveryPolicy(effective_date=effective_date, **terms), today=today)
    windows = DeliveryWindow.objects.select_for_update(no_key=True).filter(date__gte=effective_date)
    list(windows.order_by("pk").values_list("pk"))
    policy, _is_new = DeliveryPolicy.objects.update_or_create(effective_date=effective_date, defaults=terms)
    record(by=by, subject=policy, reason=reason)
    _change_windows(policy, today=today)
    return policy


@audited("policy.drop", subject="policy")
def drop_policy(*, policy: DeliveryPolicy, reason: str, by: User) -> None:
    """Delete terms that are not in force yet; the windows follow the earlier terms. Raises PolicyError."""
    lock_calendar()
    today = timezone.localdate()
    rules.check_begins_later(policy.effective_date, today=today)
    record(by=by, subject=policy, reason=reason)
    DeliveryPolicy.objects.filter(pk=policy.pk).delete()
    _change_windows(rules.policy_on(policy.effective_date), today=today)


def _change_windows(policy: DeliveryPolicy, *, today: date) -> None:
    for change in rules.windows_under(policy, after=today):
        windows = DeliveryWindow.objects.filter(pk=change.window.pk)
        if change.capacity is None:
            windows.delete()
        else:
            windows.update(capacity=change.capacity)
    make_missing_windows(today=today)


@audited("reference.policies")
def sync_policies(*, policies: Iterable[Mapping[str, Any]], by: User | None) -> None:
    """Enter the first terms of delivery where there are none; the same call again changes nothing."""
    if not DeliveryPolicy.objects.exists():
        DeliveryPolicy.objects.bulk_create(DeliveryPolicy(**policy) for policy in policies)


@audited("windows.make")
def make_windows(*, today: date, by: User | None) -> int:
    """Make the windows of the next WEEKS_OF_WINDOWS weeks as the policy of each day says; returns how many there are.

    Windows that exist are left alone. A holiday without windows is entered as a closure first.
    """
    lock_calendar()
    return make_missing_windows(today=today)


@audited("window.add")
def add_window(*, day: date, starts: time, ends: time, capacity: int, by: User) -> DeliveryWindow:
    """Add a window on a day that is not closed, for example in the place of a closed day. Raises WindowError."""
    lock_calendar()
    window = DeliveryWindow(date=day, starts=starts, ends=ends, capacity=capacity, is_extra=True)
    rules.check_new_window(window, now=timezone.now())
    rules.check_capacity(window, capacity)
    window.save()
    record(by=by, subject=window)
    return window


@audited("window.capacity", subject="window")
def set_capacity(*, window: DeliveryWindow, capacity: int, by: User) -> DeliveryWindow:
    """Set the number of places of a window, never fewer than are booked. Raises WindowError."""
    window = DeliveryWindow.objects.select_for_update(no_key=True).get(pk=window.pk)
    rules.check_capacity(window, capacity)
    window.capacity = capacity
    window.save(update_fields=["capacity"])
    record(by=by, subject=window)
    return window
