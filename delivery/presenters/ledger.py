"""What counts of a patient's allotment, row by row: the same figures for patient, caregiver, physician and staff."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from certification.models import Certification, Patient
from certification.presenters.allotment_left import Left
from delivery import rules
from delivery.models import AllotmentEntry, Order
from ui.prepared import Prepared


@dataclass(frozen=True)
class Ledger:
    """The allotment for deliveries on `day`, in milligrams of flower equivalent.

    `more` has the later delivery days on which more is left, and all that is left then.
    """

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


def ledger_of(patient: Patient, certification: Certification, *, now: datetime) -> Ledger:
    """Return everything that still counts on the next delivery day or later, the latest first."""
    today = timezone.localdate(now)
    policy = rules.policy_on(today)
    windows = rules.bookable_windows(now=now, policy=policy)
    day = next((window.date for window in windows if window.is_open), today)
    later, days = rules.delivery_days(windows, policy=policy, after=day), policy.allotment_days
    since = day - timedelta(days=days - 1)
    orders, entries = _orders_since(since, patient), _entries_since(since, patient)
    used, limit_mg = _used_by_day(orders, entries), rules.allotment_mg(certification)
    is_valid = certification.is_valid_on(day)
    return Ledger(
        certification=certification,
        day=day,
        days=days,
        limit_mg=limit_mg,
        used_mg=sum(order.amount_mg for order in orders if not _is_held(order, today)),
        held_mg=sum(order.amount_mg for order in orders if _is_held(order, today)),
        entered_mg=sum(entry.amount_mg for entry in entries),
        left_mg=rules.left_on(day, used=used, limit_mg=limit_mg, days=days) if is_valid else 0,
        more=list(rules.days_with_more(day, later=later, used=used, certification=certification, days=days)),
        orders=orders,
        entries=entries,
    )


def left_on_next_day(certification: Certification, *, now: datetime) -> Left:
    """Return what is left of the allotment on the next delivery day, for the record that the physician reads."""
    ledger = ledger_of(certification.patient, certification, now=now)
    return Left(ledger.day, ledger.left_mg, ledger.limit_mg)


def _orders_since(day: date, patient: Patient) -> list[Order]:
    return _orders.rows(patient=patient.pk, day=day)


def _entries_since(day: date, patient: Patient) -> list[AllotmentEntry]:
    return _entries.rows(patient=patient.pk, day=day)


def _orders_that_count(*, patient: int, day: date) -> QuerySet[Order]:
    orders = Order.objects.counted().filter(patient=patient, window__date__gte=day)
    return orders.select_related("window").order_by("-window__date", "-pk")


_orders = Prepared(_orders_that_count)
_entries = Prepared(
    lambda *, patient, day: AllotmentEntry.objects.filter(patient=patient, day__gte=day).order_by("-day", "-pk")
)


def _used_by_day(orders: list[Order], entries: list[AllotmentEntry]) -> Mapping[date, int]:
    used: dict[date, int] = defaultdict(int)
    for order in orders:
        used[_day_of(order)] += order.amount_mg
    for entry in entries:
        used[entry.day] += entry.amount_mg
    return used


def _is_held(order: Order, today: date) -> bool:
    return order.has_hold and _day_of(order) >= today


def _day_of(order: Order) -> date:
    assert order.window is not None  # anything but a cart has one
    return order.window.date
