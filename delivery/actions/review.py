"""Confirming orders after a review."""

from collections.abc import Collection
from datetime import date

from django.db import OperationalError, transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import BUSY, Busy, audited, is_lock_trouble, record_many
from audit.models import Event
from delivery import rules
from delivery.models import Order
from delivery.writes.locks import lock_many, lock_order
from delivery.writes.review import confirm_locked
from ui.errors import PortalError

AT_ONCE = 50  # orders that one transaction confirms: more would keep their patients locked for long
Refusals = dict[int, PortalError]  # by the key of the order


@audited("order.confirm", subject="order")
def confirm_order(*, order: Order, monitoring_reviewed_date: date | None, by: User) -> Order:
    """Confirm a placed order after a pharmacist has reviewed it: its items get their lots, the orderer gets a mail.

    `monitoring_reviewed_date` is when the pharmacist looked the patient up in the monitoring program. The same call
    again changes nothing. Raises TransitionError or ReviewError.
    """
    order = lock_order(order)
    if order.status == Order.Status.CONFIRMED:
        return order
    rules.check_move("confirm", order)
    rules.check_monitoring_review(monitoring_reviewed_date, today=timezone.localdate())
    assert monitoring_reviewed_date is not None
    confirm_locked([order], monitoring_reviewed_date=monitoring_reviewed_date, by=by)
    return order


@audited("orders.confirm", atomic=False)
def confirm_orders(*, orders: Collection[Order], monitoring_reviewed_date: date | None, by: User) -> Refusals:
    """Confirm many orders whose patients were all looked up in the monitoring program on that day.

    Returns the refusal of each order that cannot be confirmed; the others are confirmed. An order that is confirmed
    already is left as it is. Raises ReviewError.
    """
    rules.check_monitoring_review(monitoring_reviewed_date, today=timezone.localdate())
    assert monitoring_reviewed_date is not None
    keys = sorted({order.pk for order in orders})
    refusals: Refusals = {}
    for start in range(0, len(keys), AT_ONCE):
        refusals |= _confirm_together(keys[start : start + AT_ONCE], monitoring_reviewed_date, by)
    return refusals


def _confirm_together(keys: list[int], reviewed_date: date, by: User) -> Refusals:
    """Confirm these orders in one transaction; when somebody holds one of them locked, each in its own."""
    try:
        with transaction.atomic():
            return _confirm(keys, reviewed_date, by)
    except OperationalError as error:
        if not is_lock_trouble(error):
            raise
        if len(keys) == 1:
            return {keys[0]: Busy(BUSY)}
    refusals: Refusals = {}
    for key in keys:
        refusals |= _confirm_together([key], reviewed_date, by)
    return refusals


def _confirm(keys: list[int], reviewed_date: date, by: User) -> Refusals:
    refusals: Refusals = {}
    placed, refused = [], []
    for order in lock_many(keys):
        if order.status == Order.Status.CONFIRMED:
            continue
        try:
            rules.check_move("confirm", order)
        except rules.TransitionError as error:
            refusals[order.pk] = error
            refused.append(order)
        else:
            placed.append(order)
    confirm_locked(placed, monitoring_reviewed_date=reviewed_date, by=by)
    reason = rules.TransitionError.__name__
    record_many(action="order.confirm", by=by, subjects=refused, outcome=Event.Outcome.REFUSED, reason=reason)
    return refusals
