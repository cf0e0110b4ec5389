"""Orders that will not be delivered: place, stock and allotment are given back."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import audited, record
from certification.models import Caregiver, Patient
from delivery import rules
from delivery.actions.holding import give_back, lock_all, locked, tell
from delivery.models import Order


@audited("order.refuse", subject="order")
def refuse_order(*, order: Order, reason: str, by: User) -> Order:
    """Staff cannot deliver it; place, stock and allotment are given back and the orderer is told the reason.

    Again changes nothing.
    """
    order = locked(order)
    if order.status == Order.Status.REFUSED:
        return order
    return undo(order, Order.Status.REFUSED, reason=reason, kind="order_refused", by=by)


@audited("order.cancel", subject="order")
def cancel_order(*, order: Order, by: User, reason: str = "") -> Order:
    """The orderer until the cut-off, or staff: place, stock and allotment are given back. Again changes nothing."""
    order = locked(order)
    if order.status == Order.Status.CANCELLED:
        return order
    now = timezone.now()
    by_staff = may_as_staff(by, "delivery.change_order")
    if not by_staff:
        rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_cancel(order, by_staff=by_staff, now=now)
    return undo(order, Order.Status.CANCELLED, reason=reason, kind="order_cancelled", by=by)


@audited("order.undo_uncovered", subject="patient")
def undo_uncovered_orders(*, patient: Patient, from_day: date, by: User | None) -> int:
    """Cancel open orders from `from_day` on that no certification covers any more, or that exceed its allotment.

    The latest go first, so that an earlier promise stands; returns how many were undone.
    """
    undone = 0
    policy = rules.policy_on(timezone.localdate())
    open_orders = Order.objects.holding().filter(patient=patient, window__date__gte=from_day)
    lock_all(open_orders)
    for order in open_orders.select_related("window", "placed_by").order_by("-window__date", "-pk"):
        assert order.window
        day = order.window.date
        left_mg = rules.allotment_left_mg(
            patient=patient,
            day=day,
            certification=patient.certification_on(day),
            days=policy.allotment_days,
            without=order,
        )
        if order.amount_mg > left_mg:
            reason = _("Your certification no longer covers this order.")
            undo(locked(order), Order.Status.CANCELLED, reason=reason, kind="order_cancelled", by=by)
            undone += 1
    return undone


@audited("order.undo_of_caregiver", subject="patient")
def undo_orders_of_caregiver(*, patient: Patient, caregiver: Caregiver, by: User | None) -> int:
    """Cancel the open orders that somebody placed who acts for the patient no more; returns how many."""
    hers = Order.objects.holding().filter(patient=patient, placed_by__caregiver=caregiver)
    lock_all(hers)
    reason = _("The person who placed this order is no longer the patient’s caregiver.")
    orders = list(hers.order_by("-pk"))
    for order in orders:
        undo(locked(order), Order.Status.CANCELLED, reason=reason, kind="order_cancelled", by=by)
    return len(orders)


def lapse_orders(*, now: datetime, by: User | None) -> int:
    """Give back what placed orders hold whose window passed without staff confirming them; returns how many."""
    passed = Order.objects.filter(status=Order.Status.PLACED, window__date__lte=timezone.localdate(now)).select_related(
        "window"
    )
    lapsed = 0
    for order in passed:
        assert order.window
        if order.window.ends_at <= now and _lapse(order, by=by):
            lapsed += 1
    return lapsed


def _lapse(order: Order, *, by: User | None) -> bool:
    with transaction.atomic():
        order = locked(order)
        if order.status != Order.Status.PLACED:
            return False
        undo(order, Order.Status.LAPSED, reason="", kind="order_cancelled", by=by)
    return True


def undo(order: Order, status: str, *, reason: str, kind: str, by: User | None, is_public: bool = False) -> Order:
    """Place, stock and allotment are given back, and who ordered is told. All is locked already.

    A reason that is public is named in the mail; any other stands on the page of the order alone.
    """
    rules.check_transition(order, status)
    order.status, order.ended_at, order.ended_reason = status, timezone.now(), reason
    order.save(update_fields=["status", "ended_at", "ended_reason"])
    give_back(order, by=by)
    record(action=f"order.{status}", by=by, subject=order, reason=reason)
    tell(order, kind, by=by, reason=reason if is_public else "")
    return order
