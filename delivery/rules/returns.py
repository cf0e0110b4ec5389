"""What came back: who decides about it, and how much of it waits. Each `check_` raises a DeliveryError."""

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Product, ReturnDecision, ReturnedItem
from delivery.rules.errors import QuantityError, ReturnError


def check_second_person(item: ReturnedItem, *, by_id: int) -> None:
    """A returned item is decided about by somebody who neither took it in nor drove it; raises ReturnError.

    [docs/domain.md#returned-goods]
    """
    if item.taken_in_by_id is None:
        raise ReturnError(_("This has not been taken in yet. Somebody counts it first, and a second person decides."))
    if item.taken_in_by_id == by_id:
        raise ReturnError(_("You took this in yourself. Ask a second person to decide about it."))
    if item.carried_by_id == by_id:
        raise ReturnError(_("You drove this order yourself. Ask a second person to decide about it."))


def check_waits(item: ReturnedItem, quantity: int) -> None:
    """At least one, and at most as many as wait, are decided about; raises QuantityError."""
    if not item.waiting:
        raise QuantityError(_("Somebody has decided about this already. Look at the list again."))
    if not 1 <= quantity <= item.waiting:
        words = ngettext(
            "Enter 1: one of these waits.", "Enter a quantity from 1 to %(count)d: so many wait.", item.waiting
        )
        raise QuantityError(words % {"count": item.waiting}, field="quantity")


def check_decision_kind(kind: str) -> None:
    """The decision is one of `ReturnDecision.Kind`; raises ReturnError."""
    if kind not in ReturnDecision.Kind.values:
        raise ReturnError(_("Choose what becomes of it."), field="kind")


def waiting_of(product: Product, lot: str | None = None) -> int:
    """Return how many of the product in quarantine came back and wait for a decision, of one lot or of all lots."""
    items = product.returned_items.all() if lot is None else product.returned_items.filter(lot=lot)
    return items.aggregate(waiting=Sum("waiting", default=0))["waiting"]
