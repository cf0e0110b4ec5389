"""The stock and the records of an order at the door. Each write runs inside the caller's transaction."""

from datetime import datetime
from uuid import UUID

from django.db.models import Max

from accounts.models import User
from delivery import rules
from delivery.models import DoorAttempt, HandOver, Order, Run, StockMovement
from delivery.writes.holds import held_of

K = StockMovement.Kind


def sell_hold(order: Order, *, by: User) -> None:
    """Turn what the order holds into what it sold, lot by lot: two movements each, so that the stock stays."""
    StockMovement.objects.bulk_create(
        StockMovement(product_id=product, lot=lot, kind=kind, quantity=moved, order=order, by=by)
        for product, lot, quantity in held_of(order)
        for kind, moved in ((K.RELEASED, quantity), (K.SOLD, -quantity))
    )


def write_hand_over(
    door: rules.AtDoor,
    run: Run,
    answers: rules.DoorAnswers,
    *,
    at: datetime,
    now: datetime,
    by: User,
    entered_by: User,
) -> HandOver:
    """Record the hand-over; the caller has checked the answers.

    `by` is the driver; `entered_by` is the driver as well, or who types it in from paper.
    """
    is_passport = answers.photo_id_kind == HandOver.PhotoId.PASSPORT
    due = rules.due_cents(door.order, door.lines, dict(answers.refused))
    return HandOver.objects.create(
        order=door.order,
        run=run,
        by=by,
        typed_by=None if entered_by == by else entered_by,
        received_by=answers.received_by,
        assignment=door.assignment if answers.received_by == HandOver.ReceivedBy.CAREGIVER else None,
        card_checked=answers.card_checked,
        photo_id_checked=answers.photo_id_checked,
        photo_id_kind=answers.photo_id_kind,
        id_state="" if is_passport else rules.tidy_id(answers.id_state),
        id_number=rules.tidy_id(answers.id_number),
        id_expires_date=answers.id_expires_date,
        id_difference=door.difference,
        signed=answers.signed,
        signature=None if answers.signed == HandOver.Signed.PAPER else answers.signature.strip(),
        amount_due_cents=due,
        cash_cents=answers.cash_cents,
        debit_cents=answers.debit_cents,
        tip_cents=answers.cash_cents + answers.debit_cents - due,
        stated_at=at,
        recorded_at=now,
    )


def attempt_sent_before(entry_key: UUID) -> DoorAttempt | None:
    """Return the attempt that was recorded from the same form, or None."""
    return DoorAttempt.objects.filter(entry_key=entry_key).first()


def write_attempt(
    order: Order,
    run: Run,
    *,
    outcome: str,
    comes_back: bool,
    at: datetime,
    now: datetime,
    entry_key: UUID,
    by: User,
    entered_by: User,
) -> DoorAttempt:
    """Record that the driver `by` was at the door and kept the order; `entered_by` as for a hand-over."""
    return DoorAttempt.objects.create(
        order=order,
        run=run,
        by=by,
        typed_by=None if entered_by == by else entered_by,
        outcome=outcome,
        comes_back=comes_back,
        stated_at=at,
        recorded_at=now,
        entry_key=entry_key,
    )


def to_the_end(order: Order, run: Run) -> None:
    """Make the order the last stop of its run."""
    last = run.orders.aggregate(last=Max("position", default=0))["last"]
    if order.position != last:
        order.position, order.planned_at = last + 1, None
        order.save(update_fields=["position", "planned_at"])
