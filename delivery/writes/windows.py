"""The windows that the terms of delivery make. They are written inside the caller's transaction, under its lock."""

from collections.abc import Iterable
from datetime import date, time, timedelta

from django.conf import settings

from delivery import rules
from delivery.models import Closure, DeliveryPolicy, DeliveryWindow
from ui.holidays import holidays_between


def make_missing_windows(*, today: date) -> int:
    """Make the windows of the next WEEKS_OF_WINDOWS weeks as the policy of each day says; returns how many there are.

    Windows that exist are left alone. A holiday without windows is entered as a closure first; the windows of a closed
    day are made closed.
    """
    days = [today + timedelta(days=offset) for offset in range(settings.WEEKS_OF_WINDOWS * 7)]
    existing = list(DeliveryWindow.objects.filter(date__range=(days[0], days[-1])))
    closed = _closed_days(days[0], days[-1], existing)
    policies = rules.policies_on(days)
    made = (window for day in days for window in _windows_of(day, policies[day]))
    missing = [window for window in made if not rules.overlaps(window, existing)]
    for window in missing:
        window.closed_reason, window.closed_reason_es = closed.get(window.date, ("", ""))
        window.is_open = not window.closed_reason
    DeliveryWindow.objects.bulk_create(missing, ignore_conflicts=True)
    return len(existing) + len(missing)


def _windows_of(day: date, policy: DeliveryPolicy) -> list[DeliveryWindow]:
    if not policy.delivers_on(day):
        return []
    return [
        DeliveryWindow(
            date=day, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends), capacity=policy.capacity
        )
        for starts, ends in policy.windows
    ]


def _closed_days(first: date, last: date, existing: Iterable[DeliveryWindow]) -> dict[date, tuple[str, str]]:
    """Return each closed day with its reason in English and in Spanish, holidays among them.

    A holiday that has windows already may have orders too: whether it is closed is left to staff.
    """
    with_windows = {window.date for window in existing}
    holidays = {day: name for day, name in holidays_between(first, last).items() if day not in with_windows}
    Closure.objects.bulk_create(
        (Closure(date=day, reason=name, is_holiday=True) for day, name in holidays.items()), ignore_conflicts=True
    )
    closures = Closure.objects.in_force().filter(date__range=(first, last))
    return {closure.date: (closure.reason, closure.reason_es) for closure in closures}
