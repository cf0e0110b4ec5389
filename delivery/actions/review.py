"""Confirming an order."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Order
from delivery.writes.locks import lock_order
from delivery.writes.lots import pick_lots
from delivery.writes.messages import notify_orderer


@audited("order.confirm", subject="order")
def confirm_order(*, order: Order, by: User) -> Order:
    """Confirm a placed order after staff have reviewed it: its items get their lots, and the orderer gets a mail.

    The same call again changes nothing. Raises TransitionError.
    """
    order = lock_order(order)
    if order.status == Order.Status.CONFIRMED:
        return order
    rules.check_move("confirm", order)
    order.status, order.confirmed_at = rules.MOVES["confirm"].to, timezone.now()
    order.save(update_fields=["status", "confirmed_at"])
    pick_lots(order, by=by)
    record(by=by, subject=order)
    notify_orderer(order, "order_confirmed", by=by)
    return order
