"""End the work of a delegate. Each function runs inside the caller's transaction."""

from django.utils import timezone

from accounts.models import Delegate, User
from accounts.rules import has_delegation_ended
from accounts.writes.locks import lock
from audit.actions import record


def end_delegation(*, delegate: Delegate, by: User | None) -> None:
    """Set today as the first day on which the delegate sees nothing of the physician's; an earlier end stays."""
    delegate = lock(delegate)
    today = timezone.localdate()
    if has_delegation_ended(delegate, today=today):
        return
    delegate.ended_date = today
    delegate.save(update_fields=["ended_date"])
    record(action="delegate.end", by=by, subject=delegate)
