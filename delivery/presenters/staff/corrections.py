"""What a correction will change, in sentences for who is about to enter it; and what earlier ones changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from delivery import rules
from delivery.models import HandOver, HandOverCorrection, ItemReport, Order
from delivery.presenters.runs import staff_name
from delivery.writes.messages import is_told_by_phone
from ui.templatetags.portal import grams, long_date, money


@dataclass(frozen=True)
class Corrected:
    """A correction that was entered: when, by whom, what, and why."""

    at: datetime
    who: str
    what: str
    money: str
    goods: str
    reason: str


@dataclass(frozen=True)
class AfterDelivery:
    """The corrections of an order, its reports that wait, and whether the reader may correct it."""

    corrections: list[Corrected]
    reports: list[ItemReport]
    may_correct: bool


def after_delivery(order: Order, *, may_correct: bool) -> AfterDelivery | None:
    """Return what followed a delivered order, or None for any other."""
    if order.status != Order.Status.DELIVERED:
        return None
    reports = order.reports.waiting().select_related("line__product").defer("words", "answer").order_by("pk")
    has_hand_over = HandOver.objects.filter(order=order).exists()
    return AfterDelivery(corrections_of(order), list(reports), may_correct and has_hand_over)


def will_change(hand_over: HandOver, entered: Sequence[rules.LineCorrection], *, method: str) -> list[str]:
    """Return a sentence for each change that the correction makes; the caller has checked that it can be made."""
    refund_cents = sum(one.refund_cents for one in entered)
    sentences = [sentence for one in entered for sentence in _of_line(one)]
    sentences += _of_money(hand_over, refund_cents, method)
    freed_mg, given_mg = sum(one.freed_mg for one in entered), sum(one.given_mg for one in entered)
    day = hand_over.order.window
    if freed_mg and day:
        words = {"amount": grams(freed_mg), "day": long_date(day.date)}
        sentences.append(_("%(amount)s count back to the allotment of %(day)s.") % words)
    if given_mg:
        words = {"amount": grams(given_mg), "day": long_date(localdate())}
        sentences.append(_("%(amount)s count of the allotment on %(day)s.") % words)
    told = _("The person who ordered is called.") if is_told_by_phone(hand_over.order) else ""
    return [*sentences, told or _("The person who ordered gets a message.")]


def _of_line(one: rules.LineCorrection) -> list[str]:
    words = {
        "quantity": one.quantity,
        "name": one.line.product.full_name,
        "lot": one.lot,
        "paid": money(one.refund_cents),
    }
    if one.product:
        given = {**words, "instead": one.product.full_name, "lot": one.product_lot}
        sentences = [_("%(quantity)d × %(instead)s, lot %(lot)s, are given for %(name)s and leave the stock.") % given]
    else:
        sentences = [_("%(paid)s are given back for %(quantity)d × %(name)s.") % words]
    if one.goods in rules.COME_BACK:
        came = _("%(quantity)d of lot %(lot)s go into quarantine and wait for a second person: not you.")
        sentences.append(came % words)
    return sentences


def _of_money(hand_over: HandOver, refund_cents: int, method: str) -> list[str]:
    if not refund_cents:
        return [_("No money is given back.")]
    words = {"paid": money(refund_cents), "run": hand_over.run.name}
    if method == HandOverCorrection.Method.DEBIT:
        return [_("Give %(paid)s back to the debit card.") % words]
    if rules.pays_refund(hand_over.run, refund_cents, method):
        return [_("Give %(paid)s back in cash, out of the cash of %(run)s: it is counted without them.") % words]
    return [_("Give %(paid)s back in cash, out of the till: the count of %(run)s stays as it is.") % words]


def corrections_of(order: Order) -> list[Corrected]:
    """Return what was corrected of the order, the oldest first."""
    rows = HandOverCorrection.objects.filter(hand_over__order=order)
    rows = rows.select_related("line__product", "product", "by", "run__window").order_by("pk")
    return [_corrected(row) for row in rows]


def _corrected(row: HandOverCorrection) -> Corrected:
    words = {"quantity": row.quantity, "name": row.line.product.full_name}
    what = _("Refund of %(quantity)d × %(name)s") % words
    if row.product:
        instead = {**words, "instead": row.product.full_name, "lot": row.product_lot}
        what = _("%(quantity)d × %(name)s exchanged for %(instead)s, lot %(lot)s") % instead
    return Corrected(
        at=row.created_at,
        who=staff_name(row.by),
        what=what,
        money=_paid(row),
        goods=" ".join(part for part in (row.get_goods_display(), row.lot) if part),
        reason=row.reason,
    )


def _paid(row: HandOverCorrection) -> str:
    if not row.cents:
        return ""
    words = {"paid": money(row.cents), "method": row.get_method_display()}
    if row.run is None:
        return _("%(paid)s, %(method)s, from the till") % words
    return _("%(paid)s, %(method)s, from %(run)s") % {**words, "run": row.run.name}
