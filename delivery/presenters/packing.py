"""The checklist by which an order is packed."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from delivery import rules
from delivery.models import Order, OrderLine
from delivery.presenters.runs import staff_name
from delivery.presenters.shortages import question_about


@dataclass(frozen=True)
class ItemToPack:
    """A line of an order, and for each of its items the lot to take with its last day; "" where there is none.

    `problem` says why it cannot be packed from the lots that it was given, and `question` what the orderer is asked;
    both may be empty. `days` is how many days one item lasts, as stated or suggested; `stated_by` is "" before that.
    """

    line: OrderLine
    lots: list[tuple[str, date | None]]
    problem: str
    question: str
    days: int
    stated_by: str


def items_to_pack(order: Order) -> list[ItemToPack]:
    """Return the lines of the order, as they are packed."""
    asked = {shortage.line_id: shortage for shortage in order.shortages.unanswered().select_related("line", "product")}
    lines = list(order.lines.select_related("product", "order__window", "days_by"))
    ends = rules.last_days_of_lots([line.product_id for line in lines])
    suggested = rules.suggested_for(lines, today=timezone.localdate())
    found = []
    for line in lines:
        lots = suggested[line.pk]
        missing = [""] * (line.quantity - len(lots))
        found.append(
            ItemToPack(
                line=line,
                lots=[(lot, ends.get((line.product_id, lot))) for lot in [*lots, *missing]],
                problem=_problem(line, lots),
                question=question_about(asked[line.pk], order).sentence if line.pk in asked else "",
                days=line.days or line.product.days_supply,
                stated_by=staff_name(line.days_by) if line.days_by else "",
            )
        )
    return found


def _problem(line: OrderLine, lots: list[str]) -> str:
    """Return why the line cannot be packed, or "" where its lots are good or others are suggested in their place."""
    if len(lots) == line.quantity:
        return rules.refusal_of(rules.check_has_report_code, line.product)
    return rules.refusal_of(rules.check_line_can_be_packed, line)
