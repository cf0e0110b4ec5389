"""Entering what is short in an order that is packed, and the answer of the orderer."""

from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import audited, record
from delivery import rules
from delivery.models import Order, OrderLine, Product, Shortage
from delivery.writes.locks import lock_hold, lock_order
from delivery.writes.messages import notify_orderer
from delivery.writes.orders import tell_repacked
from delivery.writes.shortages import answer, count_anew, put_substitute, take_out_missing

K = Shortage.Kind


@audited("order.change", subject="order")
def change_order(
    *, order: Order, line: OrderLine, kind: str, quantity: int = 0, substitute: Product | None = None, by: User
) -> Shortage:
    """Drop a line of which nothing can be packed, lessen it to `quantity`, or offer `quantity` of a substitute.

    The order changes at once: total, amount, stock and lots, without a minimum. Old prices stay, and a substitute costs
    no more than what was ordered. Its days' supply is a pharmacist's to state anew. The orderer is asked where
    something is offered, and told the new total. An order without a line is cancelled. Raises TransitionError,
    QuantityError, ProductError, StockError, AllotmentError.
    """
    order = lock_order(order)
    rules.check_may_be_changed(order)
    found = order.lines.select_related("product").filter(pk=line.pk).first()
    rules.check_is_in_order(found)
    assert found is not None
    rules.check_line_waits_for_no_answer(found)
    rules.check_offer(found, kind, quantity)
    products = lock_hold(order, more={substitute.pk} if substitute else set())
    chosen = products[substitute.pk] if substitute and kind == K.SUBSTITUTE else None
    rules.check_is_chosen(kind, chosen)
    if chosen:
        rules.check_may_put_substitute(order, by)
        rules.check_substitute(order, found, chosen, quantity)
    shortage = Shortage(
        order=order, line=found, product=found.product, ordered_quantity=found.quantity, kind=kind,
        quantity=0 if kind == K.DROP else quantity, substitute=chosen, asked_at=timezone.now(), asked_by=by,
    )  # fmt: skip
    record(by=by, subject=order)
    _enter(shortage, order, found, by=by)
    tell_repacked(order, by=by)
    return shortage


def _enter(shortage: Shortage, order: Order, line: OrderLine, *, by: User) -> None:
    """Take out of the stock what is missing, change the line to what is offered, and tell the orderer."""
    is_less = shortage.kind == K.LESSEN
    take_out_missing(order, line, line.quantity - (shortage.quantity if is_less else 0), by=by)
    if shortage.kind == K.DROP:
        answer(shortage, order, how=Shortage.How.STAFF, is_accepted=False, by=by)
        return
    shortage.save()
    if shortage.substitute:
        put_substitute(order, line, shortage.substitute, shortage.quantity, by=by)
    else:
        line.quantity = shortage.quantity
        line.save(update_fields=["quantity"])
    count_anew(order)
    notify_orderer(order, "order_short", by=by, about=("shortage", shortage.pk))


@audited("order.answer", subject="order")
def answer_shortage(*, order: Order, shortage: Shortage, is_accepted: bool, by: User) -> Order:
    """Enter whether the orderer takes what is offered; otherwise the line leaves the order, or ends it as the last one.

    The orderer answers on the page of the order; staff who may pack enter what was said by phone. Returns the order.
    Raises TransitionError when it is answered already or the order has left, and OrdererError.
    """
    order = lock_order(order)
    by_staff = may_as_staff(by, "delivery.pack_order")
    if not by_staff:
        rules.check_orderer(order.patient, user=by, today=timezone.localdate())
    shortage = order.shortages.select_related("line").get(pk=shortage.pk)
    rules.check_can_be_answered(order, shortage)
    lock_hold(order)
    how = Shortage.How.PHONE if by_staff else Shortage.How.LINK
    answer(shortage, order, how=how, is_accepted=is_accepted, by=by)
    record(by=by, subject=order)
    tell_repacked(order, by=by)
    return order
