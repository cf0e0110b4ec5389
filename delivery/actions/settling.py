"""Counting the money of a run at night."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Run
from delivery.writes.runs import lock_run


@audited("run.settle", subject="run")
def settle_run(*, run: Run, cash_counted_cents: int, by: User, reason: str = "") -> Run:
    """Settle a run: the cash counted, without tips and less cash refunds, is compared; a difference needs a reason.

    Raises RunError, also when the run is settled already or has open orders.
    """
    run = lock_run(run)
    rules.check_may_settle(run, by_id=by.pk)
    takings = rules.takings_of(run)
    rules.check_money_adds_up(takings)
    rules.check_difference_has_reason(takings.expected_cash_cents, cash_counted_cents, reason)
    run.closed_at, run.closed_by = timezone.now(), by
    run.cash_counted_cents, run.difference_reason = cash_counted_cents, reason.strip()
    run.save(update_fields=["closed_at", "closed_by", "cash_counted_cents", "difference_reason"])
    record(by=by, subject=run)
    return run
