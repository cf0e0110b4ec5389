"""What the dispensing log says in words of its own."""

import re

from delivery.models import HandOver
from delivery.rules import allotment_mg
from dispensing.models import LogEntry


def month_supplied(hand_over: HandOver) -> LogEntry.Month:
    """Return whether a hand-over gave the whole monthly allotment of its certification, or part of it.

    What was refused at the door does not count; both are compared in mg of flower equivalent
    [docs/domain.md#the-dispensing-log].
    """
    order = hand_over.order
    assert order.certification
    lines = order.lines.select_related("refused")
    handed_over = sum(line.taken_quantity * line.amount_mg for line in lines)
    return LogEntry.Month.FULL if handed_over >= allotment_mg(order.certification) else LogEntry.Month.PARTIAL


def initials(name: str) -> str:
    """Return the first letter of each word of a name, hyphenated ones apart: ML, JPD."""
    return "".join(word[0].upper() for word in re.findall(r"[^\W\d_]+", re.sub("[’'ʼ]", "", name)))
