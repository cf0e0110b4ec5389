"""The terms of delivery, and the windows made from them or added by hand."""

from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Closure, DeliveryPolicy, DeliveryWindow
from ui.holidays import holidays_between


def lock_calendar() -> None:
    """Whoever changes what is delivered when does so one after the other; orders do not wait for it."""
    list(DeliveryPolicy.objects.select_for_update(no_key=True).order_by("pk").values_list("pk")[:1])


@audited("policy.set")
def set_policy(*, effective_date: date, reason: str, by: User, **terms: Any) -> DeliveryPolicy:
    """The terms of delivery from `effective_date` on (fields of DeliveryPolicy), in the place of others of that day.

    Placed orders keep theirs. The windows of those days follow, as `rules.windows_under` says. Raises PolicyError.
    """
    lock_calendar()
    today = timezone.localdate()
    rules.check_policy(DeliveryPolicy(effective_date=effective_date, **terms), today=today)
    standing = DeliveryWindow.objects.select_for_update(no_key=True).filter(date__gte=effective_date)
    list(standing.order_by("pk").values_list("pk"))
    policy, _is_new = DeliveryPolicy.objects.update_or_create(effective_date=effective_date, defaults=terms)
    record(by=by, subject=policy, reason=reason)
    _follow(policy, today=today, by=by)
    return policy


@audited("policy.drop", subject="policy")
def drop_policy(*, policy: DeliveryPolicy, reason: str, by: User) -> None:
    """Take back terms that are not in force yet; the windows follow those before. Raises PolicyError."""
    lock_calendar()
    today = timezone.localdate()
    rules.check_begins_later(policy.effective_date, today=today)
    record(by=by, subject=policy, reason=reason)
    DeliveryPolicy.objects.filter(pk=policy.pk).delete()
    _follow(rules.policy_on(policy.effective_date), today=today, by=by)


def _follow(policy: DeliveryPolicy, *, today: date, by: User | None) -> None:
    for change in rules.windows_under(policy, after=today):
        windows = DeliveryWindow.objects.filter(pk=change.window.pk)
        if change.capacity is None:
            windows.delete()
        else:
            windows.update(capacity=change.capacity)
    make_windows(today=today, by=by)


@audited("reference.policies")
def sync_policies(*, policies: Iterable[Mapping[str, Any]], by: User | None) -> None:
    """Make the first terms of delivery stand where there are none; running it again changes nothing."""
    if not DeliveryPolicy.objects.exists():
        DeliveryPolicy.objects.bulk_create(DeliveryPolicy(**policy) for policy in policies)


@audited("windows.make")
def make_windows(*, today: date, by: User | None) -> int:
    """The windows of the next WEEKS_OF_WINDOWS weeks, as the policy of each day says; those that stand are left alone.

    A holiday without windows is entered as a closure first; the windows of a closed day are closed. Returns how many
    there are in that time.
    """
    lock_calendar()
    days = [today + timedelta(days=offset) for offset in range(settings.WEEKS_OF_WINDOWS * 7)]
    standing = list(DeliveryWindow.objects.filter(date__range=(days[0], days[-1])))
    closed = _closed_days(days[0], days[-1], standing)
    wanted = [window for day in days for window in _windows_of(day) if not rules.overlaps(window, standing)]
    for window in wanted:
        window.closed_reason = closed.get(window.date, "")
        window.is_open = not window.closed_reason
    DeliveryWindow.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(standing) + len(wanted)


def _windows_of(day: date) -> list[DeliveryWindow]:
    policy = rules.policy_on(day)
    if not policy.delivers_on(day):
        return []
    return [
        DeliveryWindow(
            date=day, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends), capacity=policy.capacity
        )
        for starts, ends in policy.windows
    ]


def _closed_days(first: date, last: date, standing: Iterable[DeliveryWindow]) -> dict[date, str]:
    """Day and reason, holidays among them; one on which orders may have been taken already is left to staff."""
    taken = {window.date for window in standing}
    holidays = {day: name for day, name in holidays_between(first, last).items() if day not in taken}
    Closure.objects.bulk_create(
        (Closure(date=day, reason=name, is_holiday=True) for day, name in holidays.items()), ignore_conflicts=True
    )
    return dict(Closure.objects.in_force().filter(date__range=(first, last)).values_list("date", "reason"))


@audited("window.add")
def add_window(*, day: date, starts: time, ends: time, capacity: int, by: User) -> DeliveryWindow:
    """One more window, on any day that is not closed, for example to make up for one. Raises WindowError."""
    lock_calendar()
    window = DeliveryWindow(date=day, starts=starts, ends=ends, capacity=capacity, is_extra=True)
    rules.check_new_window(window, now=timezone.now())
    rules.check_capacity(window, capacity)
    window.save()
    record(by=by, subject=window)
    return window


@audited("window.capacity", subject="window")
def set_capacity(*, window: DeliveryWindow, capacity: int, by: User) -> DeliveryWindow:
    """As many places as `capacity`, never fewer than are booked. Raises WindowError."""
    window = DeliveryWindow.objects.select_for_update(no_key=True).get(pk=window.pk)
    rules.check_capacity(window, capacity)
    window.capacity = capacity
    window.save(update_fields=["capacity"])
    record(by=by, subject=window)
    return window
