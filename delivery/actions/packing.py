"""Packing an order, and unpacking it."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules, signals
from delivery.models import Order
from delivery.writes.locks import lock_order
from delivery.writes.lots import pick_lots
from delivery.writes.orders import unpack


@audited("order.pack", subject="order")
def pack_order(*, order: Order, by: User) -> Order:
    """Pack a confirmed order, each item from its lot. The same call again changes nothing.

    Raises TransitionError, and StockError when an item has no lot or its lot is in quarantine.
    """
    order = lock_order(order)
    if order.status == Order.Status.PACKED:
        return order
    rules.check_move("pack", order)
    pick_lots([order], by=by)  # what had no lot when the order was confirmed may have one now
    rules.check_can_be_packed(order)
    order.status, order.packed_at = rules.MOVES["pack"].to, timezone.now()
    order.save(update_fields=["status", "packed_at"])
    record(by=by, subject=order)
    signals.order_packed.send(sender=Order, order=order, by=by)
    return order


@audited("order.unpack", subject="order")
def unpack_order(*, order: Order, by: User) -> Order:
    """Make a packed order confirmed again; its items go back to the shelf, and it keeps its hold and its lots.

    The same call again changes nothing. Raises TransitionError.
    """
    order = lock_order(order)
    if order.status != Order.Status.CONFIRMED:
        unpack(order, by=by)
    return order
