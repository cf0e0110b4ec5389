"""The money of a run: what the driver should have, and whether the run can be settled."""

from dataclasses import dataclass

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import HandOverCorrection, Run
from delivery.rules.errors import RunError
from delivery.rules.runs import check_run_is_open
from ui.templatetags.portal import money

Method = HandOverCorrection.Method


@dataclass(frozen=True)
class Takings:
    """The money of a run in cents. `cash_cents` is without the tips, which are cash as well.

    The refunds are those that the money of this run paid: what was given back before the run was settled.
    """

    due_cents: int
    cash_cents: int
    debit_cents: int
    tip_cents: int
    cash_refunds_cents: int = 0
    debit_refunds_cents: int = 0

    @property
    def refunds_cents(self) -> int:
        """All money that was given back."""
        return self.cash_refunds_cents + self.debit_refunds_cents

    @property
    def expected_cash_cents(self) -> int:
        """The cash to be counted at night, without the tips."""
        return self.cash_cents - self.cash_refunds_cents

    @property
    def received_cents(self) -> int:
        """All money that was received and kept: always what was due and the tips, less the refunds."""
        return self.cash_cents + self.debit_cents + self.tip_cents - self.refunds_cents


def takings_of(run: Run) -> Takings:
    """Return what the hand-overs of the run brought in, and what of it was given back."""
    names = ("amount_due_cents", "cash_cents", "debit_cents", "tip_cents")
    due, cash, debit, tip = run.hand_overs.aggregate(**{f"all_{name}": Sum(name, default=0) for name in names}).values()
    by_cash, by_debit = (Sum("cents", filter=Q(method=method), default=0) for method in Method.values)
    refunds = run.refunds.aggregate(cash=by_cash, debit=by_debit)
    return Takings(due, cash - tip, debit, tip, refunds["cash"], refunds["debit"])


def pays_refund(run: Run, refund_cents: int, method: str) -> bool:
    """Return whether the money of the run pays a refund: the run is not settled, and has so much of it.

    Otherwise the refund is paid out of the till, and belongs to the day on which it is paid: the count of a run that
    was settled stays as it is.
    """
    if run.is_closed or not refund_cents:
        return False
    takings = takings_of(run)
    left = takings.debit_cents - takings.debit_refunds_cents
    return refund_cents <= (takings.expected_cash_cents if method == Method.CASH else left)


def check_money_adds_up(takings: Takings) -> None:
    """The money received is the totals and the tips, less the refunds; raises RunError.

    The database holds it for each hand-over, so that a difference means broken records, not a mistake of a driver.
    """
    expected = takings.due_cents + takings.tip_cents - takings.refunds_cents
    if takings.received_cents != expected:
        words = _("The records of this run do not add up: %(received)s received, %(expected)s expected. Call support.")
        raise RunError(words % {"received": money(takings.received_cents), "expected": money(expected)})


def check_may_settle(run: Run, *, by_id: int) -> None:
    """No order of the run is still to be delivered, and who counts is not its driver; raises RunError."""
    check_run_is_open(run)
    if run.driver_id == by_id:
        raise RunError(_("Who drove the run does not count its money."))
    still_open = run.orders.open().count()
    if still_open:
        words = ngettext(
            "%(count)d order of this run is neither handed over nor brought back.",
            "%(count)d orders of this run are neither handed over nor brought back.",
            still_open,
        )
        raise RunError(words % {"count": still_open})


def check_difference_has_reason(expected_cents: int, counted_cents: int, reason: str) -> None:
    """The cash counted is what was expected, or a reason is given; raises RunError."""
    if counted_cents == expected_cents or reason.strip():
        return
    words = _(
        "%(counted)s is %(difference)s %(side)s than the %(expected)s expected. Count again, or enter the reason."
    )
    difference = abs(counted_cents - expected_cents)
    side = _("more") if counted_cents > expected_cents else _("less")
    figures = {"counted": money(counted_cents), "difference": money(difference), "expected": money(expected_cents)}
    raise RunError(words % {**figures, "side": side}, field="reason")
