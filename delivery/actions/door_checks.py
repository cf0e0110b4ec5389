"""What is checked about a photo ID at a door, who decides about a difference, and what comes back of a refused part."""

from collections.abc import Collection

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record, record_many
from delivery import rules
from delivery.licenses import License
from delivery.models import HandOver, IdDifference, Order, RefusedLine, Run
from delivery.writes.locks import lock_hold, lock_order
from delivery.writes.refused_lines import take_in_lines


@audited("order.compare_id", subject="order")
def compare_id(*, order: Order, run: Run, license: License, received_by: str, by: User) -> list[str]:
    """Compare a scanned photo ID with the record of who takes the order, and return what differs, a sentence each.

    A difference then waits for a pharmacist; an ID that fits withdraws what waits. The scan itself is not stored.
    Raises HandOverError, RunError or TransitionError.
    """
    now = timezone.now()
    order = lock_order(order)
    rules.check_is_in_run(order, run)
    rules.check_drives(run, by.pk)
    rules.check_move("hand_over", order)
    assignment = order.patient.current_assignment
    rules.check_receiver(order.patient, received_by, assignment, at=now)
    door = rules.AtDoor(order=order, lines=(), assignment=assignment, difference=None)
    found = rules.differences(license, door.receiver(received_by))
    waiting = order.id_differences.undecided().filter(received_by=received_by).first()
    if waiting is not None and not found:
        waiting.withdrawn_at = now
        waiting.save(update_fields=["withdrawn_at"])
    elif found:
        _raise_difference(waiting, order, received_by, "\n".join(found), by=by)
    record(by=by, subject=order, reason="differs" if found else "fits")
    return found


def _raise_difference(waiting: IdDifference | None, order: Order, received_by: str, words: str, *, by: User) -> None:
    row = waiting or IdDifference(
        order=order, received_by=received_by, found=IdDifference.Found.SCAN, raised_at=timezone.now(), raised_by=by
    )
    row.words = words
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
    rules.check_decision(order, words=words, reason=reason, by_id=by.pk)
    row = order.id_differences.undecided().filter(received_by=received_by).first()
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


@audited("order.take_in_refused", subject="order")
def take_in_refused(*, order: Order, by: User) -> Order:
    """Take in what was refused of an order at the door: it goes into quarantine, and its allotment is released.

    Who takes it in is not the driver. Raises HandOverError or TransitionError.
    """
    order = lock_order(order)
    lock_hold(order)
    out = list(RefusedLine.objects.out().filter(hand_over__order=order).select_related("line"))
    rules.check_may_take_in_refused(order, out, by_id=by.pk)
    take_in_lines(order, out, now=timezone.now(), by=by)
    record(by=by, subject=order)
    return order


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
