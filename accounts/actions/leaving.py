"""A physician leaves practice."""

from datetime import date as day_type

from django.db.models import Q
from django.utils import timezone

from accounts import rules, signals
from accounts.models import Delegate, Physician, User
from accounts.writes.locks import lock
from audit.actions import audited, record
from notifications.actions import queue


@audited("physician.leave", subject="physician")
def leave_practice(*, physician: Physician, date: day_type, by: User | None) -> Physician:
    """Enter the first day on which a physician does not certify any more, today or later; return the physician.

    From `date` on the physician's delegates see nothing of theirs. Patients are notified at once, and the physician
    gets a message with the day. Certifications run on to their ends. A second call sets another day. Raises LeaveError.
    """
    physician = lock(physician)
    today = timezone.localdate()
    rules.check_leave_date(physician, day=date, today=today)
    open_ended = Q(ended_date__isnull=True) | Q(ended_date__gt=date)
    if physician.left_date:
        open_ended |= Q(ended_date=physician.left_date)
    Delegate.objects.filter(open_ended, physician=physician).update(ended_date=date)
    physician.left_date = date
    if physician.has_left_on(today):
        physician.status = rules.PHYSICIAN_MOVES["leave"].to
    physician.save(update_fields=["left_date", "status"])
    queue(
        kind="leave_recorded",
        recipient=physician.email,
        context={"physician": physician.pk, "left_date": date.isoformat()},
        dedupe_key=f"leave_recorded:{physician.pk}:{date}",
        by=by,
    )
    record(by=by, subject=physician, reason=date.isoformat())
    signals.practice_left.send(Physician, physician=physician, left_date=date)
    return physician
