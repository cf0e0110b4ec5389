"""What is short in an order: the questions that wait for an answer, and what was answered."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from delivery.models import Order, Shortage
from ui.templatetags.portal import money


@dataclass(frozen=True)
class Question:
    """A shortage that waits for an answer: the sentence, the words of both buttons, and the total after each answer.

    `without_cents` is 0 where the line is the last one: without it the order is cancelled.
    """

    shortage: Shortage
    sentence: str
    accept: str
    with_cents: int
    without_cents: int


@dataclass(frozen=True)
class Change:
    """A shortage that was answered, in words: what became of the line, and how the answer came."""

    sentence: str
    how: str


def question_about(shortage: Shortage, order: Order) -> Question:
    """Return an unanswered shortage as the orderer is asked about it; `shortage.line` is as it is offered."""
    line = shortage.line
    assert line is not None  # a question without an answer has its line
    return Question(
        shortage=shortage,
        sentence=_offer(shortage, money(line.unit_price_cents)),
        accept=_accept(shortage),
        with_cents=order.subtotal_cents,
        without_cents=order.subtotal_cents - line.total_cents,
    )


def shortages_of(order: Order) -> list[Shortage]:
    """Return what was or is short in the order, the oldest first; an order that was never confirmed is not read."""
    if order.confirmed_at is None:
        return []
    return list(order.shortages.select_related("line", "product", "substitute"))


def questions_of(order: Order, shortages: list[Shortage] | None = None) -> list[Question]:
    """Return what the orderer can still answer; nothing once the order has left. `shortages` are read already."""
    if not order.is_before_departure:
        return []
    found = shortages_of(order) if shortages is None else shortages
    return [question_about(each, order) for each in found if not each.is_answered]


def changes_of(shortages: list[Shortage]) -> list[Change]:
    """Return what became of the lines that were short and are answered."""
    return [Change(_outcome(each), str(each.get_how_display())) for each in shortages if each.is_answered]


def _words(shortage: Shortage) -> dict[str, object]:
    return {
        "ordered": shortage.ordered_quantity,
        "name": shortage.product.shown.full_name,
        "quantity": shortage.quantity,
        "other": shortage.substitute.shown.full_name if shortage.substitute else "",
    }


def _offer(shortage: Shortage, each: str) -> str:
    words = {**_words(shortage), "each": each}
    if shortage.substitute:
        return _("%(name)s is short. We can bring %(quantity)d × %(other)s instead, at %(each)s each.") % words
    return _("We have only %(quantity)d of the %(ordered)d × %(name)s that you ordered.") % words


def _accept(shortage: Shortage) -> str:
    if shortage.substitute:
        return _("Take %(quantity)d × %(other)s") % _words(shortage)
    return _("Take %(quantity)d") % _words(shortage)


def _outcome(shortage: Shortage) -> str:
    words = _words(shortage)
    if shortage.answer == Shortage.Answer.DROPPED:
        return _("%(ordered)d × %(name)s: left out") % words
    if shortage.substitute:
        return _("%(quantity)d × %(other)s in the place of %(ordered)d × %(name)s") % words
    return _("%(quantity)d in the place of %(ordered)d × %(name)s") % words
