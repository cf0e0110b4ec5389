"""Packing an order, and unpacking it; what a pharmacist states for it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import audited, record
from delivery import rules, signals
from delivery.models import Order
from delivery.writes.locks import lock_hold, lock_order
from delivery.writes.lots import pick_lots, take_lots
from delivery.writes.orders import unpack, write_days


@audited("order.pack", subject="order")
def pack_order(
    *,
    order: Order,
    by: User,
    days: Mapping[int, int] | None = None,
    lots: Mapping[int, Sequence[str]] | None = None,
) -> Order:
    """Pack a confirmed order, each item from its lot. The same call again changes nothing.

    `lots` are the lots that were scanned, one for each item by line id; without them the items come from the lots that
    the order was given, the first to expire.
    A pharmacist who packs states the days' supply of what has none yet: `days` of one item by line id, by default what
    the product suggests. Anybody else packs what a pharmacist has stated. Raises TransitionError, QuantityError,
    ReviewError, ChangedError, and StockError or ProductError when an item has no lot, or one that cannot be dispensed.
    """
    order = lock_order(order)
    if order.status == Order.Status.PACKED:
        return order
    rules.check_move("pack", order)
    if lots is not None:
        lock_hold(order)
    pick_lots([order], by=by)  # what had no lot when the order was confirmed may have one now
    lines = list(order.lines.select_related("product", "order__window"))
    if lots is not None:
        rules.check_scanned_lots(lines, lots, today=timezone.localdate())
        for line in lines:
            take_lots(order, line.product_id, Counter(lots[line.pk]), by=by)
    rules.check_can_be_packed(order)
    if may_as_staff(by, rules.STATES_DAYS):
        suggested = {line.pk: line.days or line.product.days_supply for line in lines}
        write_days(lines, {**suggested, **(days or {})}, by=by)
    rules.check_days_are_stated(lines)
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


@audited("order.state_days", subject="order")
def state_days(*, order: Order, days: Mapping[int, int], by: User) -> Order:
    """State how many days one item of each line lasts, by line id, before the order is packed.

    `by` is the pharmacist who dispenses them. Raises TransitionError, QuantityError, ReviewError.
    """
    order = lock_order(order)
    rules.check_may_state_days(order, by)
    write_days(list(order.lines.all()), days, by=by)
    record(by=by, subject=order)
    return order
