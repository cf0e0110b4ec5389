"""Confirming orders. The write runs inside the caller's transaction, with patients and orders locked."""

from collections.abc import Collection
from datetime import date

from django.utils import timezone

from accounts.models import User
from audit.actions import record_many
from delivery import rules
from delivery.models import Order
from delivery.writes.lots import pick_lots
from delivery.writes.messages import notify_orderers


def confirm_locked(orders: Collection[Order], *, monitoring_reviewed_date: date, by: User) -> None:
    """Confirm orders that can be confirmed, all in a few statements: each gets lots, an event and a message."""
    values = {
        "status": rules.MOVES["confirm"].to,
        "confirmed_at": timezone.now(),
        "monitoring_reviewed_date": monitoring_reviewed_date,
    }
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(**values)
    for order in orders:
        for name, value in values.items():
            setattr(order, name, value)
    pick_lots(orders, by=by)
    reason = f"monitoring program reviewed on {monitoring_reviewed_date}"
    record_many(action="order.confirm", by=by, subjects=orders, reason=reason)
    notify_orderers(orders, "order_confirmed", by=by)
