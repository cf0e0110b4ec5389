"""The money of a run: what the driver should have, and whether the run can be settled."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Order, Run
from delivery.rules.errors import RunError
from delivery.rules.runs import check_run_is_open
from ui.templatetags.portal import money


@dataclass(frozen=True)
class Takings:
    """The money of a run in cents. `cash_cents` is without the tips, which are cash as well."""

    due_cents: int
    cash_cents: int
    debit_cents: int
    tip_cents: int

    @property
    def received_cents(self) -> int:
        """All money that was received: always what was due and the tips."""
        return self.cash_cents + self.debit_cents + self.tip_cents


def takings_of(run: Run) -> Takings:
    """Return what the hand-overs of the run brought in."""
    names = ("amount_due_cents", "cash_cents", "debit_cents", "tip_cents")
    due, cash, debit, tip = run.hand_overs.aggregate(**{f"all_{name}": Sum(name, default=0) for name in names}).values()
    return Takings(due, cash - tip, debit, tip)


def check_may_settle(run: Run, *, by_id: int) -> None:
    """Nothing of the run is still out, and who counts is not its driver; raises RunError."""
    check_run_is_open(run)
    if run.driver_id == by_id:
        raise RunError(_("Who drove the run does not count its money."))
    check_nothing_is_out(run)


def check_nothing_is_out(run: Run) -> None:
    """Every order of the run is handed over, or came back and was taken in; raises RunError."""
    still_open = run.orders.open().count()
    if still_open:
        words = ngettext(
            "%(count)d order of this run is neither handed over nor brought back.",
            "%(count)d orders of this run are neither handed over nor brought back.",
            still_open,
        )
        raise RunError(words % {"count": still_open})
    back = list(run.orders.filter(status=Order.Status.RETURNED, taken_in_at__isnull=True).order_by("number"))
    if back:
        words = ngettext(
            "Order %(numbers)s came back and is not taken in yet. A technician counts it first.",
            "Orders %(numbers)s came back and are not taken in yet. A technician counts them first.",
            len(back),
        )
        raise RunError(words % {"numbers": ", ".join(str(order.number) for order in back)})


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
