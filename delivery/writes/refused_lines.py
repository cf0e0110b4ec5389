"""What was refused at the door of an order that was handed over. Each write runs inside the caller's transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts.models import User
from delivery.models import HandOver, Order, OrderLine, RefusedLine, StockMovement
from delivery.writes.holds import held_of

K = StockMovement.Kind


def refused_by_product(lines: Iterable[OrderLine], refused: Mapping[int, int]) -> Counter[int]:
    """Return how many of each product are refused, by product id; `refused` is the quantity by line id."""
    found: Counter[int] = Counter()
    for line in lines:
        found[line.product_id] += refused.get(line.pk, 0)
    return found


def write_refused(made: HandOver, refused: Mapping[int, int]) -> None:
    """Record what was refused; its hold stays until it is taken in."""
    RefusedLine.objects.bulk_create(
        RefusedLine(hand_over=made, line_id=line, quantity=quantity) for line, quantity in sorted(refused.items())
    )


def take_in_lines(order: Order, out: Iterable[RefusedLine], *, now: datetime, by: User) -> None:
    """Put what came back into quarantine, and give its amount back to the patient's allotment."""
    _release_into_quarantine(order, by=by)
    for line in out:
        line.taken_in_at, line.taken_in_by = now, by
        line.save(update_fields=["taken_in_at", "taken_in_by"])
        order.amount_mg -= line.total_mg
    order.save(update_fields=["amount_mg"])


def _release_into_quarantine(order: Order, *, by: User) -> None:
    """Release what the order still holds and take it out of the stock again, lot by lot: the stock stays as it is."""
    for product, lot, quantity in held_of(order):
        reason = f"Refused at the door, order {order.number}"
        moved = {"product_id": product, "lot": lot, "by": by}
        StockMovement.objects.bulk_create(
            [
                StockMovement(kind=K.RELEASED, quantity=quantity, order=order, **moved),
                StockMovement(kind=K.QUARANTINED, quantity=-quantity, reason=reason, **moved),
            ]
        )
