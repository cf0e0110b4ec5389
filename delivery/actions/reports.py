"""A wrong item: the orderer reports it, and staff answer."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import ItemReport, Order, OrderLine
from delivery.writes.corrections import close_report
from delivery.writes.locks import lock_order
from delivery.writes.messages import notify_orderer


@audited("order.report", subject="order")
def report_item(*, order: Order, line: OrderLine | None, what: str, words: str, by: User) -> ItemReport:
    """Report that something is wrong with a line of a delivered order, up to `rules.REPORT_DAYS` days later.

    `what` is one of `ItemReport.What`, `words` at most 1,000 characters. Staff see it as work that waits. Raises
    OrdererError or CorrectionError, also when a report about the line waits already.
    """
    order = lock_order(order)
    now = timezone.now()
    rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_report(order, now=now)
    rules.check_report(order, line, what, words)
    assert line is not None
    report = ItemReport.objects.create(order=order, line=line, what=what, words=words.strip(), by=by)
    record(by=by, subject=report)
    return report


@audited("itemreport.answer", subject="report")
def answer_report(*, report: ItemReport, answer: str, by: User) -> ItemReport:
    """Answer a report with words, without a correction; the orderer gets a mail and reads the answer on the order.

    Raises CorrectionError, also when somebody has answered already.
    """
    rules.check_may_correct(by)
    order = lock_order(report.order)
    report = ItemReport.objects.select_related("line").get(pk=report.pk)
    rules.check_report_waits(report)
    rules.check_answer(answer)
    close_report(report, answer.strip(), at=timezone.now(), by=by)
    record(by=by, subject=report)
    notify_orderer(order, "report_answered", about=("report", report.pk), by=by)
    return report
