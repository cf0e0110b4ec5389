"""Ending an order that will not be delivered: its hold is released."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import audited
from certification.models import Caregiver, Patient
from delivery import rules
from delivery.models import Order
from delivery.writes.locks import lock_order
from delivery.writes.orders import cancel_orders_of_caregiver, cancel_uncovered_orders, end_order


@audited("order.refuse", subject="order")
def refuse_order(*, order: Order, reason: str, reason_es: str = "", by: User) -> Order:
    """Refuse an order that staff cannot deliver: its hold is released, and the orderer gets a mail.

    The orderer reads the reason on the page of the order, in Spanish where it is given so. The same call
    again changes nothing. Raises TransitionError.
    """
    order = lock_order(order)
    if order.status == Order.Status.REFUSED:
        return order
    return end_order(order, "refuse", reason=reason, reason_es=reason_es, by=by)


@audited("order.cancel", subject="order")
def cancel_order(*, order: Order, by: User, reason: str = "", reason_es: str = "") -> Order:
    """Cancel an order and release its hold: the orderer until the cut-off, staff at any time.

    The same call again changes nothing. Raises TransitionError, WindowError or OrdererError.
    """
    order = lock_order(order)
    if order.status == Order.Status.CANCELLED:
        return order
    now = timezone.now()
    by_staff = may_as_staff(by, "delivery.change_order")
    if not by_staff:
        rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_cancel(order, by_staff=by_staff, now=now)
    return end_order(order, "cancel", reason=reason, reason_es=reason_es, by=by)


@audited("order.undo_uncovered", subject="patient")
def undo_uncovered_orders(*, patient: Patient, from_day: date, too_little: str = rules.LOWERED, by: User | None) -> int:
    """Cancel open orders from `from_day` on that no certification covers, or that exceed its allotment.

    The orderer reads why: how the certification ended, or else `too_little`. The latest orders go first, so that an
    earlier order stays. Returns how many were cancelled. Raises AgreementNeeded.
    """
    return cancel_uncovered_orders(patient, from_day=from_day, too_little=too_little, by=by)


@audited("order.undo_of_caregiver", subject="patient")
def undo_orders_of_caregiver(*, patient: Patient, caregiver: Caregiver, by: User | None) -> int:
    """Cancel the open orders that a caregiver placed whose assignment has ended; returns how many.

    Raises AgreementNeeded.
    """
    return cancel_orders_of_caregiver(patient, caregiver, by=by)


@audited("orders.lapse", atomic=False)
def lapse_orders(*, now: datetime, by: User | None) -> int:
    """Let the orders lapse that are lost by the rule `is_lost`; returns how many.

    Each order has a transaction of its own.
    """
    passed = Order.objects.before_departure().filter(window__date__lte=timezone.localdate(now)).select_related("window")
    return sum(rules.is_lost(order, now=now) and _lapse(order, now=now, by=by) for order in passed)


def _lapse(order: Order, *, now: datetime, by: User | None) -> bool:
    with transaction.atomic():
        order = lock_order(order)
        if not rules.can_move("lapse", order) or not rules.is_lost(order, now=now):  # moved or ended meanwhile
            return False
        end_order(order, "lapse", reason=rules.why_lapsed(order), by=by)
    return True
