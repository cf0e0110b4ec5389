"""The list of orders that staff review: by window, with what they have to know of each order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.rules import is_minor_on
from delivery import rules
from delivery.models import AllotmentEntry, DeliveryWindow, Order
from delivery.models.questions import ends_before_delivery
from delivery.presenters.staff.receivers import (
    KNOW,
    LOOK,
    Flag,
    StatusInWords,
    open_assignments,
    receiver_of,
    status_in_words,
)
from ui.prepared import Prepared

NEAR_LIMIT = 10  # near the limit: less than a tenth of the monthly allotment is left after the order
NOT_RECEIVED = (Order.Status.CART, Order.Status.CANCELLED, Order.Status.REFUSED, Order.Status.LAPSED)
# What a row of the list shows; the conditions of a certification, which are encrypted, are not among it.
SHOWN = (
    "number", "status", "street", "unit", "subtotal_cents", "declined_at", "assisted_by",
    "window__date", "window__starts", "window__ends", "policy__allotment_days",
    "patient__first_name", "patient__middle_name", "patient__last_name", "patient__suffix", "patient__birth_date",
    "patient__has_legal_capacity", "certification__status", "certification__expires_date",
    "certification__deliveries_stop_date", "certification__monthly_allotment_oz",
)  # fmt: skip
UsedByPatient = Mapping[int, Mapping[date, int]]


@dataclass(frozen=True)
class OrderRow:
    """One order of the list."""

    pk: int
    number: str
    patient: str
    window: DeliveryWindow
    receiver: str
    is_guarded: bool
    flags: tuple[Flag, ...]
    status: StatusInWords
    total_cents: int


@dataclass(frozen=True)
class WindowGroup:
    """The orders of one window that stand below each other."""

    window: DeliveryWindow
    rows: tuple[OrderRow, ...]


@dataclass(frozen=True)
class Known:
    """First orders and used allotments by patient id, read at once for all orders of a page."""

    first_orders: Mapping[int, int]
    used: UsedByPatient


def order_groups(orders: Collection[Order], *, shows_allotment: bool) -> list[WindowGroup]:
    """Return the rows by window, in the order of `orders`; see `order_rows`."""
    rows = order_rows(orders, shows_allotment=shows_allotment)
    return [WindowGroup(window, tuple(group)) for window, group in groupby(rows, key=lambda row: row.window)]


def order_rows(orders: Collection[Order], *, shows_allotment: bool) -> list[OrderRow]:
    """Return a row for each order, in a number of queries that does not grow with them.

    The orders come with window, patient, policy and certification. `shows_allotment` is whether the reader may know
    what is left of the allotment.
    """
    patients = {order.patient_id for order in orders}
    assignments = open_assignments(patients)
    known = known_of(orders, shows_allotment=shows_allotment)
    rows = []
    for order in orders:
        window = window_of(order)
        receiver = receiver_of(order.patient, assignments.get(order.patient_id), day=window.date)
        rows.append(
            OrderRow(
                pk=order.pk,
                number=order.number or "",
                patient=order.patient.name,
                window=window,
                receiver=_receiver_in_row(receiver.names, order.patient.name, is_guarded=receiver.is_guarded),
                is_guarded=receiver.is_guarded,
                flags=flags_of(order, known),
                status=status_in_words(order),
                total_cents=order.subtotal_cents,
            )
        )
    return rows


def window_of(order: Order) -> DeliveryWindow:
    assert order.window is not None  # anything but a cart has one
    return order.window


def _receiver_in_row(names: tuple[str, ...], patient: str, *, is_guarded: bool) -> str:
    if not names:
        return _("Nobody yet")
    if is_guarded:
        return _("Only %(name)s") % {"name": names[0]}
    return _("Patient or %(name)s") % {"name": names[1]} if len(names) > 1 else _("Patient")


def known_of(orders: Collection[Order], *, shows_allotment: bool) -> Known:
    """Read what the flags of these orders need, in three queries at most."""
    patients = {order.patient_id for order in orders}
    first_orders = dict(_firsts.rows(patients=sorted(patients)))
    return Known(first_orders, _used_of(patients, orders) if shows_allotment and patients else {})


def _used_of(patients: Collection[int], orders: Collection[Order]) -> UsedByPatient:
    """Return by patient and day what counts of the allotment, around the days of the orders."""
    days = [window_of(order).date for order in orders]
    reach = timedelta(days=max(order.policy.allotment_days for order in orders if order.policy) - 1)
    span = (min(days) - reach, max(days) + reach)
    used: dict[int, dict[date, int]] = {}
    for patient, day, amount in _amounts.rows(patients=sorted(patients), first=span[0], last=span[1]):
        of_patient = used.setdefault(patient, {})
        of_patient[day] = of_patient.get(day, 0) + amount
    return used


def _first_orders(*, patients: list[int]) -> QuerySet[Order, Any]:
    placed = Order.objects.filter(patient__in=patients).exclude(status__in=NOT_RECEIVED).order_by()
    return placed.values_list("patient").annotate(first=Min("pk"))


def _amounts_between(*, patients: list[int], first: date, last: date) -> QuerySet[Any, Any]:
    held = Order.objects.counted().filter(patient__in=patients, window__date__range=(first, last))
    entries = AllotmentEntry.objects.filter(patient__in=patients, day__range=(first, last))
    amounts = entries.values_list("patient", "day", "amount_mg")
    return held.values_list("patient", "window__date", "amount_mg").union(amounts, all=True)


_firsts, _amounts = Prepared(_first_orders), Prepared(_amounts_between)


def flags_of(order: Order, known: Known) -> tuple[Flag, ...]:
    """Return what staff look at first (gold), then what they have to know (blue)."""
    day = window_of(order).date
    is_first = order.status not in NOT_RECEIVED and known.first_orders.get(order.patient_id) == order.pk
    questions: list[tuple[bool, Promise, str]] = [
        (order.declined_at is not None, gettext_lazy("Cannot take it"), LOOK),
        (order.is_open and ends_before_delivery(order), gettext_lazy("Certification ends before"), LOOK),
        (order.is_open and rules.looks_like_business(order.street, order.unit), gettext_lazy("Address: ask"), LOOK),
        (order.is_open and is_near_limit(order, known.used), gettext_lazy("Near the limit"), LOOK),
        (is_minor_on(order.patient.birth_date, day), gettext_lazy("Under 18"), LOOK),
        (is_first, gettext_lazy("First order"), KNOW),
        (order.assisted_by_id is not None, gettext_lazy("By phone"), KNOW),
    ]
    return tuple(Flag(str(words), tone) for is_so, words, tone in questions if is_so)


def is_near_limit(order: Order, used: UsedByPatient) -> bool:
    """Return whether less than a tenth of the allotment is left with this order; False where it was not read."""
    if order.patient_id not in used or order.certification is None or order.policy is None:
        return False
    limit_mg, days = rules.allotment_mg(order.certification), order.policy.allotment_days
    left_mg = rules.left_on(window_of(order).date, used=used[order.patient_id], limit_mg=limit_mg, days=days)
    return left_mg * NEAR_LIMIT < limit_mg
