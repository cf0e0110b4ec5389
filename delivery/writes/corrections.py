"""The rows of a correction. Each write runs inside the caller's transaction, with order, run and products locked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from delivery import rules
from delivery.models import AllotmentEntry, HandOver, HandOverCorrection, ItemReport, Run, StockMovement
from delivery.writes.returns import move, set_apart

K = StockMovement.Kind


@dataclass(frozen=True)
class Correcting:
    """The part that all lines of one correction share: how it is paid, why, by whom, and from which form."""

    hand_over: HandOver
    method: str
    run: Run | None
    reason: str
    at: datetime
    by: User
    entry_key: UUID
    report: ItemReport | None = None


def write_correction(shared: Correcting, one: rules.LineCorrection) -> HandOverCorrection:
    """Move the goods of one line, and record its refund or exchange; return the row."""
    order, line = shared.hand_over.order, one.line
    item = None
    if one.goods in rules.COME_BACK:
        move(line.product_id, one.lot, [(K.RETURNED, one.quantity)], order=order, by=shared.by)
        item = set_apart(order, line.product_id, one.lot, one.quantity, taken_in_at=shared.at, by=shared.by)
    if one.product:
        move(one.product.pk, one.product_lot, [(K.SOLD, -one.quantity)], order=order, by=shared.by)
    return HandOverCorrection.objects.create(
        hand_over=shared.hand_over,
        line=line,
        kind=one.kind,
        quantity=one.quantity,
        corrected_before=rules.corrected_quantity(line),
        bought_quantity=rules.bought_quantity(line),
        unit_price_cents=line.unit_price_cents,
        cents=one.refund_cents,
        method=shared.method if one.refund_cents else "",
        run=shared.run if one.refund_cents else None,
        paid_date=timezone.localdate(shared.at),
        goods=one.goods,
        lot=one.lot if item else "",
        returned_item=item,
        product=one.product,
        product_lot=one.product_lot if one.product else "",
        report=shared.report,
        reason=shared.reason,
        by=shared.by,
        entry_key=shared.entry_key,
    )


def write_allotment(hand_over: HandOver, entered: list[rules.LineCorrection], *, at: datetime, by: User) -> None:
    """Count back what was not dispensed in the end, on the day of the delivery, and what is given instead, today.

    Raises CertificationNotValid or AllotmentError where what is given instead does not fit.
    """
    order, today = hand_over.order, timezone.localdate(at)
    assert order.window  # anything but a cart has one
    freed_mg, given_mg = sum(one.freed_mg for one in entered), sum(one.given_mg for one in entered)
    reason = f"Order {order.number} was corrected"
    entry = {"patient": order.patient, "origin": AllotmentEntry.Origin.DELIVERY, "reason": reason, "by": by}
    if freed_mg:
        AllotmentEntry.objects.create(day=order.window.date, amount_mg=-freed_mg, **entry)
    if given_mg:
        rules.check_is_certified(order.patient, at)
        left_mg = rules.allotment_left_mg(
            patient=order.patient,
            day=today,
            certification=rules.certification_at(order.patient, at),
            days=rules.policy_on(today).allotment_days,
        )
        rules.check_allotment_left(given_mg, left_mg)
        AllotmentEntry.objects.create(day=today, amount_mg=given_mg, **entry)


def close_report(report: ItemReport, answer: str, *, at: datetime, by: User) -> None:
    """Record who answered a report, and when; without words where a correction answers it."""
    report.answer, report.answered_at, report.answered_by = answer, at, by
    report.save(update_fields=["answer", "answered_at", "answered_by"])
