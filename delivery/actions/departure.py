"""Orders leave with their driver."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from delivery import rules, signals
from delivery.models import Order, Run, Shortage
from delivery.writes.locks import lock_order
from delivery.writes.messages import notify_orderer
from delivery.writes.shortages import settle_unanswered


@audited("order.dispatch", subject="order")
def dispatch_order(*, order: Order, by: User) -> Order:
    """Let a packed order leave with the driver of its run; the orderer gets a mail.

    A line that is short and waits for an answer is dropped; an order with no other line is cancelled instead. The same
    call again changes nothing. Raises TransitionError, RunError or CertificationNotValid.
    """
    return _dispatch(order, by=by)


@audited("run.leave", subject="run", atomic=False)
def dispatch_run(
    *, run: Run, by: User, left_at: datetime | None = None, orders: Collection[int] | None = None
) -> tuple[int, list[str]]:
    """Let the orders of a run leave with its driver; returns how many have left now, and what the driver has to know.

    `left_at` is the time on the paper, where they left while the portal did not run; nobody is told by mail then.
    `orders` are the ids of those that left, by default all. There is a sentence for each order that stays here, and for
    each line that was dropped: it is in the bag still. Each order has a transaction of its own, and the same call again
    goes on with the others. Raises RunError.
    """
    run = Run.objects.select_related("window").get(pk=run.pk)
    rules.check_run_is_open(run)
    if left_at is not None:
        rules.check_left_at(left_at, run, now=timezone.now())
    left, sentences = 0, list[str]()
    leaving = run.orders.before_departure().order_by("position")
    for order in leaving if orders is None else leaving.filter(pk__in=orders):
        try:
            with transaction.atomic():
                gone = _dispatch(order, by=by, left_at=left_at)
                left += gone.status == Order.Status.OUT_FOR_DELIVERY
                sentences += _bag_changes(gone)
        except rules.DeliveryError as error:
            sentences.append(f"{order.number}: {error}")
    return left, sentences


def _bag_changes(order: Order) -> list[str]:
    """Return what the driver does with the bag of an order that was settled just now."""
    if order.status != Order.Status.OUT_FOR_DELIVERY:
        return [
            _("Leave order %(number)s here: nothing of it is left, and it is cancelled.") % {"number": order.number}
        ]
    dropped = order.shortages.filter(how=Shortage.How.NOBODY).select_related("product", "substitute")
    sentence = _("Take %(quantity)d × %(name)s out of order %(number)s: nobody answered, and it is left out.")
    return [
        sentence % {"quantity": each.quantity, "name": each.offered.full_name, "number": order.number}
        for each in dropped
    ]


def _dispatch(order: Order, *, by: User, left_at: datetime | None = None) -> Order:
    order = lock_order(order)
    if order.status == Order.Status.OUT_FOR_DELIVERY:
        return order
    at = left_at or timezone.now()
    rules.check_may_leave(order, now=at)
    rules.check_is_certified(order.patient, at)
    order = settle_unanswered(order, by=by)
    if not order.is_before_departure:  # nothing of it was left: it is cancelled
        return order
    assert order.run_id
    Run.objects.filter(Q(opened_at__isnull=True) | Q(opened_at__gt=at), pk=order.run_id).update(opened_at=at)
    order.status = rules.MOVES["dispatch"].to
    order.save(update_fields=["status"])
    record(action="order.dispatch", by=by, subject=order, reason="from paper" if left_at else "")
    if left_at is None:
        notify_orderer(order, "order_out_for_delivery", by=by)
    signals.order_left.send(sender=Order, order=order, by=by)
    return order
