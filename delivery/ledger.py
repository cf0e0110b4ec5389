"""What counts of a patient's allotment, line by line: the same figures for patient, caregiver, physician and staff."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from certification.models import Certification
from delivery import rules
from delivery.models import AllotmentEntry, Order


@dataclass(frozen=True)
class Ledger:
    """In milligrams of flower equivalent, for deliveries on `day`; `more` the later days with more left."""

    certification: Certification
    day: date
    days: int
    limit_mg: int
    used_mg: int
    held_mg: int
    entered_mg: int
    left_mg: int
    more: list[tuple[date, int]]
    orders: list[Order]
    entries: list[AllotmentEntry]


def ledger_of(patient, certification, *, now):
    """Everything that still counts on the next delivery day or later, the latest first."""
    today = timezone.localdate(now)
    policy = rules.policy_on(today)
    windows = rules.bookable_windows(now=now, policy=policy)
    day = next((window.date for window in windows if window.is_open), today)
    later, days = rules.delivery_days(windows, policy=policy, after=day), policy.allotment_days
    since = day - timedelta(days=days - 1)
    orders = list(
        Order.objects.holding()
        .filter(patient=patient, window__date__gte=since)
        .select_related("window")
        .order_by("-window__date", "-pk")
    )
    entries = list(AllotmentEntry.objects.filter(patient=patient, day__gte=since).order_by("-day", "-pk"))
    used = {}
    for counted, amount_mg in [(one.window.date, one.amount_mg) for one in orders] + [
        (one.day, one.amount_mg) for one in entries
    ]:
        used[counted] = used.get(counted, 0) + amount_mg
    limit_mg = rules.allotment_mg(certification)
    is_valid = certification.is_valid_on(day)
    return Ledger(
        certification=certification,
        day=day,
        days=days,
        limit_mg=limit_mg,
        used_mg=sum(one.amount_mg for one in orders if one.window.date < today),
        held_mg=sum(one.amount_mg for one in orders if one.window.date >= today),
        entered_mg=sum(one.amount_mg for one in entries),
        left_mg=rules.left_on(day, used=used, limit_mg=limit_mg, days=days) if is_valid else 0,
        more=list(rules.days_with_more(day, later=later, used=used, certification=certification, days=days)),
        orders=orders,
        entries=entries,
    )
