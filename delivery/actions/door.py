"""What a driver does at the door: hand over, try again later, or bring the order back."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules, signals
from delivery.models import DoorAttempt, HandOver, Order, Run
from delivery.writes.door import (
    attempt_sent_before,
    sell_hold,
    to_the_end,
    write_attempt,
    write_hand_over,
)
from delivery.writes.locks import lock_order
from delivery.writes.messages import notify_orderer
from delivery.writes.refused_lines import write_refused


@audited("order.hand_over", subject="order")
def hand_over(
    *,
    order: Order,
    run: Run,
    answers: rules.DoorAnswers,
    by: User,
    stated_at: datetime | None = None,
    is_from_paper: bool = False,
) -> HandOver:
    """Hand an order over at the door: its stock is sold, and the orderer gets a receipt.

    What was refused of it comes back with the driver: it is not due, and counts for the allotment until it is taken in.
    `stated_at` is when it happened, by default now. With `is_from_paper`, `by` types in what the driver wrote down. The
    same call again, also hours later, returns the existing hand-over. Raises HandOverError, RunError, TransitionError
    or CertificationNotValid.
    """
    now = timezone.now()
    order = lock_order(order)
    found = HandOver.objects.filter(order=order).first()
    if found is not None:
        rules.check_is_same_hand_over(found, run, answers)
        return found
    at = stated_at or now
    driver = _check_at_door(order, run, at, now, by, is_from_paper=is_from_paper)
    rules.check_is_certified(order.patient, at)
    door = _at_door(order, answers.received_by)
    if is_from_paper:
        rules.check_tip_on_paper(answers, door)
    rules.check_answers(answers, door, at=at)
    if not is_from_paper:  # what happened without network is entered as it was: then the patient is told
        rules.check_recalled_stays(order, door.lines, dict(answers.refused), at=at)
    made = write_hand_over(door, run, answers, at=at, now=now, by=driver, entered_by=by)
    write_refused(made, door.lines, dict(answers.refused), by=by)
    sell_hold(order, by=by)
    _end(order, "hand_over", now)
    record(by=by, subject=order)
    figures = {
        "due_cents": made.amount_due_cents,
        "cash_cents": made.cash_cents,
        "debit_cents": made.debit_cents,
        "tip_cents": made.tip_cents,
    }
    notify_orderer(order, "order_delivered", figures={"handed_over_at": at.isoformat(), **figures}, by=by)
    signals.order_handed_over.send(sender=Order, order=order, hand_over=made, by=by)
    return made


@audited("order.try_later", subject="order")
def try_later(
    *,
    order: Order,
    run: Run,
    entry_key: UUID,
    by: User,
    stated_at: datetime | None = None,
    is_from_paper: bool = False,
) -> DoorAttempt:
    """Record that nobody was home; the order becomes the last stop of the run. The same `entry_key` counts once.

    With `is_from_paper`, `by` types in what the driver wrote down. Raises HandOverError, RunError or TransitionError.
    """
    now = timezone.now()
    order = lock_order(order)
    outcome = DoorAttempt.Outcome.NOBODY_HOME
    found = attempt_sent_before(entry_key)
    if found is not None:
        rules.check_is_same_attempt(found, order, outcome=outcome, comes_back=False)
        return found
    at = stated_at or now
    driver = _check_at_door(order, run, at, now, by, is_from_paper=is_from_paper)
    made = write_attempt(
        order,
        run,
        outcome=outcome,
        comes_back=False,
        at=at,
        now=now,
        entry_key=entry_key,
        by=driver,
        entered_by=by,
    )
    to_the_end(order, run)
    record(by=by, subject=order)
    return made


@audited("order.return", subject="order")
def return_order(
    *,
    order: Order,
    run: Run,
    outcome: str,
    entry_key: UUID,
    by: User,
    stated_at: datetime | None = None,
    is_from_paper: bool = False,
) -> DoorAttempt:
    """Bring an order back that could not be handed over, for one of `DoorAttempt.Outcome`; the orderer gets a mail.

    It keeps its place, stock and allotment until it is taken in. The same `entry_key` counts once. With
    `is_from_paper`, `by` types in what the driver wrote down. Raises HandOverError, RunError or TransitionError.
    """
    now = timezone.now()
    order = lock_order(order)
    found = attempt_sent_before(entry_key)
    if found is not None:
        rules.check_is_same_attempt(found, order, outcome=outcome, comes_back=True)
        return found
    at = stated_at or now
    driver = _check_at_door(order, run, at, now, by, is_from_paper=is_from_paper)
    made = write_attempt(
        order,
        run,
        outcome=outcome,
        comes_back=True,
        at=at,
        now=now,
        entry_key=entry_key,
        by=driver,
        entered_by=by,
    )
    order.ended_reason = rules.BY_OUTCOME[outcome]
    _end(order, "return", now)
    record(by=by, subject=order, reason=outcome)
    notify_orderer(order, "order_returned", reason=order.ended_reason, by=by)
    signals.order_returned.send(sender=Order, order=order, attempt=made, by=by)
    return made


def _at_door(order: Order, received_by: str) -> rules.AtDoor:
    standing = list(order.id_differences.standing())
    return rules.AtDoor(
        order=order,
        lines=list(order.lines.order_by("pk")),
        assignment=order.patient.current_assignment,
        difference=rules.difference_of(standing, received_by),
    )


def _check_at_door(order: Order, run: Run, at: datetime, now: datetime, by: User, *, is_from_paper: bool) -> User:
    """The driver of the run was at the door of an order that left with it; return the driver. Raises a DeliveryError.

    From paper, another member of staff enters it.
    """
    if is_from_paper:
        rules.check_is_typed_for_its_run(order, run)
    rules.check_is_in_run(order, run)
    rules.check_move("hand_over", order)
    run = Run.objects.select_related("driver").get(pk=run.pk)
    if not is_from_paper:
        rules.check_drives(run, by.pk)
    rules.check_stated_at(at, run, now=now)
    assert run.driver is not None  # a run that has left has one
    return run.driver


def _end(order: Order, verb: str, now: datetime) -> None:
    order.status, order.ended_at = rules.MOVES[verb].to, now
    order.save(update_fields=["status", "ended_at", "ended_reason"])
