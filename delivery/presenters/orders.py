"""An order, as its pages show it."""

from dataclasses import dataclass
from datetime import datetime

from accounts.permissions import may_as_staff
from delivery import rules
from delivery.models import Order
from delivery.orderers import Orderer
from delivery.presenters.after_delivery import Reported, corrections_for_orderer, reports_of
from delivery.presenters.shortages import Change, Question, changes_of, questions_of, shortages_of
from delivery.writes.messages import is_told_by_phone


@dataclass(frozen=True)
class OrderPage:
    """Until when the order can be changed, and why it cannot be cancelled, moved or declined; a refusal may be empty.

    `again_refusal` says why the account cannot order the same again for the patient. `is_told_by_phone` is whether the
    person who ordered has no e-mail address, so that staff call. `questions` are what is short and waits for an
    answer, `changes` what was short and is answered. `report_refusal` says why no wrong item can be reported.
    """

    closes_at: datetime
    again_refusal: str
    cancel_refusal: str
    decline_refusal: str
    is_told_by_phone: bool
    questions: list[Question]
    changes: list[Change]
    report_refusal: str
    reports: list[Reported]
    corrections: list[str]


def order_page(order: Order, orderer: Orderer, *, now: datetime) -> OrderPage:
    """Return what the pages of the order say to this orderer."""
    assert order.window is not None and order.policy is not None  # anything but a cart has both
    refusal, certification = orderer.refusal, orderer.certification
    by_staff = may_as_staff(orderer.user, "delivery.change_order")
    shortages = shortages_of(order)
    return OrderPage(
        closes_at=rules.closes_at(order.window, order.policy),
        again_refusal=refusal or rules.refusal_of(rules.check_can_be_ordered_for, certification, []),
        cancel_refusal=refusal or rules.refusal_of(rules.check_may_cancel, order, by_staff=by_staff, now=now),
        decline_refusal=refusal or rules.refusal_of(rules.check_may_decline, order, now=now),
        is_told_by_phone=is_told_by_phone(order),
        questions=questions_of(order, shortages),
        changes=changes_of(shortages),
        report_refusal=refusal or rules.refusal_of(rules.check_may_report, order, now=now),
        reports=reports_of(order),
        corrections=corrections_for_orderer(order),
    )
