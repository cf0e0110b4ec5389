"""What orderers report after a delivery. Each `check_` raises a DeliveryError."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from delivery.models import HandOver, ItemReport, Order, OrderLine
from delivery.rules.errors import CorrectionError

REPORT_DAYS = 7  # after the hand-over [docs/domain.md#returned-goods]
MOST_WORDS = 1000  # characters


def check_may_report(order: Order, *, now: datetime) -> None:
    """The order was handed over at most REPORT_DAYS ago; raises CorrectionError."""
    is_delivered = order.status == Order.Status.DELIVERED
    hand_over = HandOver.objects.filter(order=order).only("stated_at").first() if is_delivered else None
    if hand_over is None:
        raise CorrectionError(_("This order was not delivered, so there is nothing to report."))
    if now >= hand_over.stated_at + timedelta(days=REPORT_DAYS):
        words = _("You can report a wrong item here for %(days)d days after the delivery. Please call us.")
        raise CorrectionError(words % {"days": REPORT_DAYS})


def check_report(order: Order, line: OrderLine | None, what: str, words: str) -> None:
    """The line is one of the order and no report about it waits; it is said what is wrong. Raises CorrectionError."""
    if line is None or line.order_id != order.pk:
        raise CorrectionError(_("Choose the product."), field="line")
    if what not in ItemReport.What.values:
        raise CorrectionError(_("Choose what is wrong."), field="what")
    if not words.strip():
        raise CorrectionError(_("Tell us in a few words what is wrong."), field="words")
    if len(words) > MOST_WORDS:
        raise CorrectionError(_("Write at most 1,000 characters."), field="words")
    if line.reports.waiting().exists():
        raise CorrectionError(_("You have reported this product already. Our staff will answer."), field="line")


def check_report_waits(report: ItemReport) -> None:
    """Nobody has answered the report; raises CorrectionError."""
    if report.answered_at is not None:
        raise CorrectionError(_("Somebody has answered this report already."))


def check_answer(words: str) -> None:
    """The answer says something, in at most 1,000 characters; raises CorrectionError."""
    if not words.strip():
        raise CorrectionError(_("Write what you answer. The person who ordered reads it."), field="answer")
    if len(words) > MOST_WORDS:
        raise CorrectionError(_("Write at most 1,000 characters."), field="answer")
