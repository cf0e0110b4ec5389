"""What was refused at the door of an order that was handed over. Each write runs inside the caller's transaction."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from accounts.models import User
from delivery import rules
from delivery.models import HandOver, OrderLine, RefusedLine, StockMovement
from delivery.writes.holds import held_of
from delivery.writes.returns import move, set_apart


def write_refused(made: HandOver, lines: Iterable[OrderLine], refused: Mapping[int, int], *, by: User) -> None:
    """Record what was refused, and set it apart as items that the driver brings back; its hold ends.

    `refused` is the quantity by line id. The caller has locked the order, and sells what it holds afterwards.
    """
    RefusedLine.objects.bulk_create(
        RefusedLine(hand_over=made, line_id=line, quantity=quantity) for line, quantity in sorted(refused.items())
    )
    for product, lot, quantity in _lots_of_refused(made, lines, refused):
        move(product, lot, [(StockMovement.Kind.RELEASED, quantity)], order=made.order, by=by)
        set_apart(made.order, product, lot, quantity, carried_by=made.run.driver, by=by)


def _lots_of_refused(
    made: HandOver, lines: Iterable[OrderLine], refused: Mapping[int, int]
) -> Iterator[tuple[int, str, int]]:
    """Yield (product id, lot, quantity) of what is refused: the driver keeps recalled lots first, then the last lot."""
    left: Counter[int] = Counter()
    for line in lines:
        left[line.product_id] += refused.get(line.pk, 0)
    recalled = {(each.product_id, each.lot) for each in rules.recalled_items([made.order]).get(made.order_id, [])}
    for product, lot, held in sorted(held_of(made.order), key=lambda row: (row[:2] in recalled, row), reverse=True):
        kept = min(left[product], held)
        left[product] -= kept
        if kept:
            yield product, lot, kept
