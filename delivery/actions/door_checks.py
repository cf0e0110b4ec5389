"""What is checked about a photo ID at a door, and who decides about a difference."""

from collections.abc import Collection

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record, record_many
from delivery import rules
from delivery.licenses import License
from delivery.models import HandOver, IdDifference, Order, Run
from delivery.writes.locks import lock_order


@audited("order.compare_id", subject="order")
def compare_id(*, order: Order, run: Run, license: License, received_by: str, by: User) -> rules.Comparison:
    """Compare a scanned photo ID with the records of who may take the order, and return what differs.

    `received_by` is who takes it as far as the driver chose, or empty: whose ID it is, it says itself. A difference
    then waits for a pharmacist; an ID that fits withdraws what waits. The scan itself is not stored. Raises
    HandOverError, RunError or TransitionError.
    """
    now = timezone.now()
    order = lock_order(order)
    rules.check_is_in_run(order, run)
    rules.check_drives(run, by.pk)
    rules.check_move("hand_over", order)
    comparison = rules.compared(license, rules.receivers_of(order.patient, at=now), received_by)
    waiting = order.id_differences.undecided().filter(received_by=comparison.received_by).first()
    if waiting is not None and not comparison.differences:
        waiting.withdrawn_at = now
        waiting.save(update_fields=["withdrawn_at"])
    elif comparison.differences:
        _raise_difference(waiting, order, comparison, by=by)
    record(by=by, subject=order, reason="differs" if comparison.differences else "fits")
    return comparison


def _raise_difference(waiting: IdDifference | None, order: Order, comparison: rules.Comparison, *, by: User) -> None:
    found = {"found": IdDifference.Found.SCAN, "raised_at": timezone.now(), "raised_by": by}
    row = waiting or IdDifference(order=order, received_by=comparison.received_by, **found)
    row.words = "\n".join(comparison.differences)
    row.save()


@audited("order.decide_id", subject="order")
def decide_id_difference(
    *, order: Order, received_by: str, words: str, is_allowed: bool, reason: str, by: User
) -> IdDifference:
    """Allow or refuse a photo ID that differs from our record, while the driver is at the door.

    `words` say what differs, for one that the driver told by phone; a scan has its own. A later decision replaces an
    earlier one. Raises HandOverError or TransitionError.
    """
    now = timezone.now()
    order = lock_order(order)
    rules.check_move("hand_over", order)
    rules.check_receiver(order.patient, received_by, order.patient.current_assignment, at=now)
    row = order.id_differences.undecided().filter(received_by=received_by).first()
    rules.check_decision(order, words=words, reason=reason, by_id=by.pk)
    if row is None:
        row = IdDifference(
            order=order,
            received_by=received_by,
            found=IdDifference.Found.CALL,
            words=words,
            raised_at=now,
            raised_by=by,
        )
    row.decided_at, row.decided_by, row.is_allowed, row.reason = now, by, is_allowed, reason
    row.save()
    record(by=by, subject=order, reason="allowed" if is_allowed else "refused")
    return row


@audited("hand_over.cut_id_numbers")
def cut_id_numbers(*, hand_overs: Collection[HandOver], by: User | None) -> int:
    """Cut the numbers of photo IDs to their last four characters; returns how many were cut now.

    The caller knows that every report of these hand-overs was accepted. One that is cut already stays as it is.
    """
    keys = [each.pk for each in hand_overs]
    whole = list(HandOver.objects.select_for_update(no_key=True).filter(pk__in=keys, id_cut_at=None).order_by("pk"))
    now = timezone.now()
    for each in whole:
        each.id_number, each.id_cut_at = rules.cut_id_number(each.id_number), now
        each.save(update_fields=["id_number", "id_cut_at"])
    record_many(by=by, subjects=whole)
    return len(whole)
