"""Correcting a hand-over: refunds and exchanges by line. Old rows stay as they are."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules, signals
from delivery.models import HandOver, HandOverCorrection, ItemReport, OrderLine, Product
from delivery.writes.corrections import Correcting, close_report, write_allotment, write_correction
from delivery.writes.locks import lock_order
from delivery.writes.messages import notify_orderer
from delivery.writes.runs import lock_run


@audited("handover.correct", subject="hand_over")
def correct_hand_over(
    *,
    hand_over: HandOver,
    lines: Sequence[rules.LineCorrection],
    method: str,
    reason: str,
    seen: int,
    entry_key: UUID,
    by: User,
    report: ItemReport | None = None,
) -> list[HandOverCorrection]:
    """Add a refund or an exchange for each of `lines`; returns the rows. The same `entry_key` counts once.

    `method` is how money is given back; `seen` is how many corrections the page showed. Stock and allotment follow, and
    the orderer gets a mail. While the run is open its money pays, as far as it reaches; then the till of the day.
    `report` is what the orderer reported: it is answered. Raises a DeliveryError, and then changes nothing.
    """
    rules.check_may_correct(by)
    order = lock_order(hand_over.order)
    found = list(HandOverCorrection.objects.filter(hand_over=hand_over, entry_key=entry_key).order_by("pk"))
    if found:
        return found
    rules.check_was_handed_over(order)
    hand_over = HandOver.objects.select_related("order__window", "order__patient", "run").get(pk=hand_over.pk)
    run = lock_run(hand_over.run)
    fresh = _with_locked_products(lines)
    rules.check_is_as_seen(hand_over, seen)
    rules.check_correction_reason(reason)
    rules.check_corrections(hand_over, fresh, method=method)
    if report is not None:
        report = ItemReport.objects.get(pk=report.pk, order=order)
        rules.check_report_waits(report)
    refund_cents, now = sum(one.refund_cents for one in fresh), timezone.now()
    paying = run if rules.pays_refund(run, refund_cents, method) else None
    shared = Correcting(hand_over, method, paying, reason.strip(), now, by, entry_key, report)
    made = [write_correction(shared, one) for one in fresh]
    write_allotment(hand_over, fresh, at=now, by=by)
    if report is not None:
        close_report(report, "", at=now, by=by)
    record(by=by, subject=hand_over, reason=", ".join(row.kind for row in made))
    figures = {"refund_cents": refund_cents, "method": method if refund_cents else ""}
    exchanged = any(one.product for one in fresh)
    notify_orderer(
        order,
        "hand_over_corrected",
        about=("correction", made[0].pk),
        figures={**figures, "exchanged": exchanged},
        by=by,
    )
    serials = [one.serials for one in fresh]
    signals.hand_over_corrected.send(sender=HandOver, hand_over=hand_over, corrections=made, serials=serials, by=by)
    return made


def _with_locked_products(lines: Iterable[rules.LineCorrection]) -> list[rules.LineCorrection]:
    """Lock the products that come back or are given, by id; return the corrections with the rows as they are now."""
    entered = list(lines)
    ids = {one.line.product_id for one in entered} | {one.product.pk for one in entered if one.product}
    products = Product.objects.select_for_update(no_key=True).order_by("pk").in_bulk(ids)
    rows = OrderLine.objects.select_related("product").in_bulk([one.line.pk for one in entered])
    return [
        replace(one, line=rows[one.line.pk], product=products[one.product.pk] if one.product else None)
        for one in entered
    ]
