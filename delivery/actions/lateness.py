"""A driver who is late tells the people of the stops that remain."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Order, Run
from delivery.writes.messages import notify_orderer
from delivery.writes.runs import lock_orders_of_run, lock_run


@audited("run.late", subject="run")
def tell_late(*, run: Run, minutes: int, by: User) -> int:
    """Tell whoever ordered for the remaining stops that the driver is about `minutes` late; return how many stops.

    `minutes` is one of rules.LATE_MINUTES. A second call within rules.LATE_AGAIN_AFTER is refused, so one press is one
    message. Raises RunError.
    """
    lock_orders_of_run(run)
    run = lock_run(run)
    now = timezone.now()
    rules.check_drives(run, by.pk)
    rules.check_can_tell_late(run, minutes, now=now)
    remaining = run.orders.filter(status=Order.Status.OUT_FOR_DELIVERY).select_related("patient", "placed_by", "run")
    orders = list(remaining.order_by("position"))
    rules.check_has_remaining(orders)
    run.late_told_at, run.late_told_count, run.late_minutes = now, run.late_told_count + 1, minutes
    run.save(update_fields=["late_told_at", "late_told_count", "late_minutes"])
    for order in orders:
        notify_orderer(order, "order_late", figures={"minutes": minutes}, occasion=run.late_told_count, by=by)
    record(by=by, subject=run, reason=f"{minutes} minutes, {len(orders)} orders")
    return len(orders)
