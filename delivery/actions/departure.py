"""Orders leave with their driver."""

from django.db import transaction
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
def dispatch_run(*, run: Run, by: User) -> tuple[int, list[str]]:
    """Let all orders of a run leave with its driver; returns how many have left now, and what the driver has to know.

    There is a sentence for each order that stays here, and for each line that was dropped: it is in the bag still. Each
    order has a transaction of its own, and the same call again goes on with the others. Raises RunError.
    """
    rules.check_run_is_open(Run.objects.get(pk=run.pk))
    left, sentences = 0, list[str]()
    for order in run.orders.before_departure().order_by("position"):
        try:
            with transaction.atomic():
                gone = _dispatch(order, by=by)
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
        sentence % {"quantity": each.quantity, "name": (each.substitute or each.product).name, "number": order.number}
        for each in dropped
    ]


def _dispatch(order: Order, *, by: User) -> Order:
    order = lock_order(order)
    if order.status == Order.Status.OUT_FOR_DELIVERY:
        return order
    now = timezone.now()
    rules.check_may_leave(order, now=now)
    rules.check_is_certified(order.patient, now)
    order = settle_unanswered(order, by=by)
    if not order.is_before_departure:  # nothing of it was left: it is cancelled
        return order
    assert order.run_id
    Run.objects.filter(pk=order.run_id, opened_at__isnull=True).update(opened_at=now)
    order.status = rules.MOVES["dispatch"].to
    order.save(update_fields=["status"])
    record(action="order.dispatch", by=by, subject=order)
    notify_orderer(order, "order_out_for_delivery", by=by)
    signals.order_left.send(sender=Order, order=order, by=by)
    return order
