"""What becomes of the orders that hold a lot which is recalled. Nothing is written here."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from delivery.models import Lot, Order, OrderLine, Product, StockMovement
from delivery.models.questions import BEFORE_DEPARTURE
from delivery.rules.stock import last_days_of_lots, lots_of_products


@dataclass(frozen=True)
class RecallOutcome:
    """The effect of a recall on a line: `replaced` are (lot, quantity) that it takes instead, `missing` items leave it.

    Of the missing ones, `recalled` are of the recalled lot; the others had no lot yet. Where the orderer has not
    answered an earlier question about the line, it leaves the order with all that it has.
    """

    order: Order
    line: OrderLine
    lot: Lot
    replaced: tuple[tuple[str, int], ...]
    recalled: int
    missing: int

    @property
    def is_dropped(self) -> bool:
        """Return whether nothing of the line is left in the order."""
        return self.missing == self.line.quantity

    @property
    def key(self) -> str:
        """Return what the preview and the action compare."""
        taken = "+".join(f"{lot}x{quantity}" for lot, quantity in self.replaced)
        return f"{self.order.pk}.{self.line.pk}.{taken}.{self.recalled}.{self.missing}"


def outcomes_of_recall(lots: Collection[Lot]) -> list[RecallOutcome]:
    """Return what becomes of each line that holds the lots, or needs what is left of them; others are not named.

    A confirmed or packed order takes other lots that are good on its day, the order placed first before the others.
    What no lot has leaves the order. Where too little stays for orders that have no lot yet, the latest give way.
    """
    return [outcome for lot in lots for outcome in _outcomes_of(lot)]


def on_the_road(lots: Collection[Lot]) -> list[tuple[Order, Lot, int]]:
    """Return the orders that are under way with items of the lots, and how many: the driver brings these back."""
    return [
        (order, lot, quantity)
        for lot in lots
        for order, held in _holders(lot, [Order.Status.OUT_FOR_DELIVERY])
        if (quantity := held.get(lot.number, 0))
    ]


def _outcomes_of(lot: Lot) -> list[RecallOutcome]:
    holders = _holders(lot, BEFORE_DEPARTURE)
    lines = _lines(lot, [order for order, _held in holders])
    outcomes = _without_the_lot(lot, holders, lines)
    given_back = sum(quantity for outcome in outcomes.values() for _lot, quantity in outcome.replaced)
    too_few = left_of(lot) + given_back - Product.objects.get(pk=lot.product_id).stock
    for order, held in reversed(holders):
        gone = min(too_few, held.get("", 0))
        if gone > 0:
            too_few -= gone
            before = outcomes.get(order.pk)
            replaced, rest = (before.replaced, before.recalled) if before else ((), 0)
            outcomes[order.pk] = _outcome(lines[order.pk], lot, held, replaced, rest, rest + gone)
    return [outcomes[order.pk] for order, _held in holders if order.pk in outcomes]


def _without_the_lot(
    lot: Lot, holders: list[tuple[Order, dict[str, int]]], lines: Mapping[int, OrderLine]
) -> dict[int, RecallOutcome]:
    """Return by order id what becomes of the lines that hold the lot: each takes other lots as far as they last."""
    here = lots_of_products([lot.product_id]).get(lot.product_id, [])
    good = {number: left for number, left in here if number != lot.number}
    known = last_days_of_lots([lot.product_id])
    ends = {number: known.get((lot.product_id, number), date.min) for number in good}
    outcomes = {}
    for order, held in holders:
        if not (wanted := held.get(lot.number, 0)):
            continue
        assert order.window  # anything but a cart has one
        replaced = _take(good, wanted, ends, order.window.date)
        rest = wanted - sum(quantity for _lot, quantity in replaced)
        outcome = outcomes[order.pk] = _outcome(lines[order.pk], lot, held, replaced, rest, rest)
        for number, quantity in outcome.replaced:
            good[number] -= quantity
    return outcomes


def _outcome(
    line: OrderLine,
    lot: Lot,
    held: Mapping[str, int],
    replaced: tuple[tuple[str, int], ...],
    recalled: int,
    missing: int,
) -> RecallOutcome:
    if missing and line.shortages.unanswered().exists():
        replaced, recalled, missing = (), held.get(lot.number, 0), line.quantity
    return RecallOutcome(line.order, line, lot, replaced, recalled, missing)


def _take(good: Mapping[str, int], quantity: int, ends: Mapping[str, date], day: date) -> tuple[tuple[str, int], ...]:
    """Return from which good lots `quantity` items come, as far as they last."""
    taken = []
    for lot, left in good.items():
        count = min(left, quantity) if ends[lot] >= day else 0
        if count:
            taken.append((lot, count))
            quantity -= count
    return tuple(taken)


def _holders(lot: Lot, statuses: Collection[str]) -> list[tuple[Order, dict[str, int]]]:
    """Return the orders with the product in these statuses, the first placed first, and what they hold by lot."""
    orders = Order.objects.filter(status__in=statuses, lines__product=lot.product_id)
    moved = StockMovement.objects.filter(order__in=orders, product=lot.product_id).held().order_by()
    held: dict[int, dict[str, int]] = defaultdict(dict)
    for order, number, total in moved.values_list("order", "lot").annotate(total=Sum("quantity")):
        if total < 0:
            held[order][number] = -total
    found = orders.select_related("window", "patient").order_by("placed_at", "pk")
    return [(order, held[order.pk]) for order in found]


def _lines(lot: Lot, orders: Collection[Order]) -> dict[int, OrderLine]:
    lines = OrderLine.objects.filter(order__in=orders, product=lot.product_id)
    found = lines.select_related("product", "order__window", "order__patient")
    return {line.order_id: line for line in found}


def left_of(lot: Lot) -> int:
    """Return how many of the lot are in the stock and in no order."""
    return StockMovement.objects.filter(product=lot.product_id, lot=lot.number).total()
