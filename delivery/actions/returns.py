"""Taking in what came back, and what a second person decides about it."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules, signals
from delivery.models import Order, Product, ReturnDecision, ReturnedItem
from delivery.writes.locks import lock_order
from delivery.writes.returns import carry_out, count_refused, take_back_hold


@audited("order.take_in", subject="order")
def take_in(*, order: Order, by: User, scans: Sequence[str] = ()) -> Order:
    """Take in what came back with the driver: a whole order, or the items of a delivered one that were not taken.

    The place and allotment of a whole order are released, and its items go into quarantine. Who takes it in is not the
    driver. `scans` are the serials on the labels of the items, one each, or nothing where no label can be read. A
    second person then decides about each item. The same call again changes nothing. Raises HandOverError, and what
    the receivers of `order_taken_in` raise about the scans.
    """
    order = lock_order(order)
    rules.check_may_take_in(order, by_id=by.pk)
    now = timezone.now()
    if order.status == Order.Status.RETURNED and order.taken_in_at is None:
        items = take_back_hold(order, at=now, by=by)
        order.taken_in_at = now
        order.save(update_fields=["taken_in_at"])
    else:
        items = count_refused(order, at=now, by=by)
    if items:
        record(by=by, subject=order)
        signals.order_taken_in.send(sender=Order, order=order, items=items, scans=scans, by=by)
    return order


@audited("returneditem.decide", subject="item")
def decide_returned(
    *, item: ReturnedItem, kind: str, quantity: int, reason: str, entry_key: UUID, by: User
) -> ReturnDecision:
    """Decide about `quantity` of a returned item: put it back for sale, keep it in quarantine, or destroy it.

    `by` is a second person: neither who took the item in nor its driver. The same `entry_key` counts once. What is kept
    in quarantine is cleared or written off later on the page of its product. Raises ReturnError, QuantityError, and
    StockError for a recalled lot that would go back for sale.
    """
    Product.objects.select_for_update(no_key=True).get(pk=item.product_id)
    found = ReturnDecision.objects.filter(entry_key=entry_key).first()
    if found is not None:
        return found
    item = ReturnedItem.objects.select_related("order", "product").get(pk=item.pk)
    rules.check_second_person(item, by_id=by.pk)
    rules.check_decision_kind(kind)
    if kind == ReturnDecision.Kind.RESTOCKED:
        rules.check_is_not_recalled(item.product, item.lot)
    rules.check_waits(item, quantity)
    assert item.taken_in_by_id
    decision = ReturnDecision.objects.create(
        item=item,
        kind=kind,
        quantity=quantity,
        taken_in_by_id=item.taken_in_by_id,
        carried_by_id=item.carried_by_id,
        by=by,
        reason=reason.strip(),
        entry_key=entry_key,
    )
    carry_out(decision)
    record(by=by, subject=item, reason=kind)
    signals.returned_item_decided.send(sender=ReturnDecision, decision=decision, by=by)
    return decision
