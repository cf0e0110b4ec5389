"""The checklist by which an order is packed."""

from dataclasses import dataclass

from delivery import rules
from delivery.models import Order, OrderLine
from delivery.presenters.shortages import question_about


@dataclass(frozen=True)
class ItemToPack:
    """A line of an order with its lots and their quantities.

    `problem` says why it cannot be packed from these lots, and `question` what the orderer is asked; both may be empty.
    """

    line: OrderLine
    lots: list[tuple[str, int]]
    problem: str
    question: str


def items_to_pack(order: Order) -> list[ItemToPack]:
    """Return the lines of the order, as they are packed."""
    asked = {shortage.line_id: shortage for shortage in order.shortages.unanswered().select_related("line", "product")}
    return [
        ItemToPack(
            line=line,
            lots=rules.lots_of(line),
            problem=rules.refusal_of(rules.check_line_can_be_packed, line),
            question=question_about(asked[line.pk], order).sentence if line.pk in asked else "",
        )
        for line in order.lines.select_related("product", "order")
    ]
