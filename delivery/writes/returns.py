"""What comes back from a door, and what becomes of it. Each write runs inside the caller's transaction."""

from datetime import datetime

from django.db.models import F

from accounts.models import User
from delivery.models import Order, Product, RefusedLine, ReturnDecision, ReturnedItem, StockMovement
from delivery.writes.holds import held_of, release_hold

K = StockMovement.Kind
D = ReturnDecision.Kind


def take_back_hold(order: Order, *, at: datetime, by: User) -> list[ReturnedItem]:
    """Release the hold of an order that came back, and set its items apart, lot by lot; return the items."""
    held = held_of(order)
    release_hold(order, by=by)
    carried_by = order.run.driver if order.run else None
    return [
        set_apart(order, product, lot, quantity, carried_by=carried_by, taken_in_at=at, by=by)
        for product, lot, quantity in held
    ]


def set_apart(
    order: Order,
    product: int,
    lot: str,
    quantity: int,
    *,
    by: User,
    carried_by: User | None = None,
    taken_in_at: datetime | None = None,
) -> ReturnedItem:
    """Put `quantity` of a lot, which is in the stock again, into quarantine as an item that an order gave back.

    With `taken_in_at` it has been counted by `by`; without, `carried_by` still has it, and it is taken in later.
    """
    reason = f"Came back from the door, order {order.number}"
    move(product, lot, [(K.QUARANTINED, -quantity)], by=by, reason=reason)
    return ReturnedItem.objects.create(
        order=order,
        product_id=product,
        lot=lot,
        quantity=quantity,
        waiting=quantity,
        carried_by=carried_by,
        taken_in_at=taken_in_at,
        taken_in_by=by if taken_in_at else None,
    )


def count_refused(order: Order, *, at: datetime, by: User) -> list[ReturnedItem]:
    """Record that the items refused at the door have been counted, and give their amount back to the allotment.

    Returns the items; none when they were counted before.
    """
    items = list(order.returned_items.with_driver().order_by("pk"))
    for item in items:
        item.taken_in_at, item.taken_in_by = at, by
        item.save(update_fields=["taken_in_at", "taken_in_by"])
    if items:
        refused = RefusedLine.objects.filter(hand_over__order=order).select_related("line")
        order.amount_mg -= sum(each.total_mg for each in refused)
        order.save(update_fields=["amount_mg"])
    return items


def carry_out(decision: ReturnDecision) -> None:
    """Move the stock as a second person decided, and lessen what waits; the caller has locked the product."""
    item = decision.item
    moves = {
        D.RESTOCKED: [(K.QUARANTINED, decision.quantity)],
        D.QUARANTINED: [],
        D.DESTROYED: [(K.QUARANTINED, decision.quantity), (K.WRITTEN_OFF, -decision.quantity)],
    }[D(decision.kind)]
    move(item.product_id, item.lot, moves, by=decision.by, reason=decision.reason)
    item.waiting -= decision.quantity
    item.save(update_fields=["waiting"])


def move(
    product: int,
    lot: str,
    moves: list[tuple[StockMovement.Kind, int]],
    *,
    by: User,
    reason: str = "",
    order: Order | None = None,
) -> None:
    """Write movements of one lot, and the new stock."""
    total = sum(quantity for _kind, quantity in moves)
    if total:
        Product.objects.filter(pk=product).update(stock=F("stock") + total)
    StockMovement.objects.bulk_create(
        StockMovement(product_id=product, lot=lot, kind=kind, quantity=quantity, order=order, by=by, reason=reason)
        for kind, quantity in moves
    )
