"""What is counted when a run is settled: its money in rows, its hand-overs, and the orders that came back."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery import rules
from delivery.models import HandOver, Order, Run


@dataclass(frozen=True)
class MoneyRow:
    """A line of the count; `is_sum` is what the lines above it add up to, and `is_counted` the cash to be counted."""

    label: str
    cents: int
    is_sum: bool = False
    is_counted: bool = False


@dataclass(frozen=True)
class CameBack:
    """An order that came back with the driver: why, and when it was taken in, if it was."""

    number: str
    why: str
    at: datetime | None
    taken_in_at: datetime | None


@dataclass(frozen=True)
class Settling:
    """Everything about a run that is counted at night."""

    run: Run
    rows: list[MoneyRow]
    hand_overs: list[HandOver]
    came_back: list[CameBack]
    expected_cents: int

    @property
    def difference_cents(self) -> int:
        """The cash counted less the cash expected; 0 for a run that is not settled."""
        counted = self.run.cash_counted_cents
        return 0 if counted is None else counted - self.expected_cents


def settling_of(run: Run) -> Settling:
    """Return what the hand-overs of the run brought in, and what came back."""
    takings = rules.takings_of(run)
    hand_overs = list(run.hand_overs.select_related("order").order_by("stated_at", "pk"))
    returned = run.orders.filter(status=Order.Status.RETURNED).annotate(at=Max("attempts__stated_at"))
    return Settling(
        run=run,
        rows=_rows(takings, len(hand_overs)),
        hand_overs=hand_overs,
        came_back=[
            CameBack(str(order.number), str(_(order.ended_reason)), order.at, order.taken_in_at)
            for order in returned.order_by("ended_at", "pk")
        ]
        + _parts_that_came_back(run),
        expected_cents=takings.expected_cash_cents,
    )


def _parts_that_came_back(run: Run) -> list[CameBack]:
    """Return the orders that were handed over without what was refused of them."""
    refused = run.hand_overs.filter(refused_lines__isnull=False).select_related("order")
    counted = refused.annotate(taken_in_at=Max("order__returned_items__taken_in_at"))
    return [
        CameBack(str(made.order.number), _("A part was refused"), made.stated_at, made.taken_in_at)
        for made in counted.order_by("stated_at", "pk")
    ]


def _rows(takings: rules.Takings, count: int) -> list[MoneyRow]:
    """Return the money received, which is totals and tips less refunds, and then in what form it came."""
    totals = ngettext("Total of %(count)d order", "Totals of %(count)d orders", count) % {"count": count}
    return [
        MoneyRow(totals, takings.due_cents),
        MoneyRow(_("Tips"), takings.tip_cents),
        *([MoneyRow(_("Refunds"), -takings.refunds_cents)] if takings.refunds_cents else []),
        MoneyRow(_("Money received"), takings.received_cents, is_sum=True),
        MoneyRow(_("Of it by debit card"), takings.debit_cents - takings.debit_refunds_cents),
        MoneyRow(_("Of it tips, kept apart"), takings.tip_cents),
        MoneyRow(_("Cash to count, without the tips"), takings.expected_cash_cents, is_counted=True),
    ]
