"""What followed the delivery of an order, as the orderer reads it: reports, their answers, and corrections."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from delivery.models import HandOverCorrection, ItemReport, Order
from ui.templatetags.portal import money


@dataclass(frozen=True)
class Reported:
    """An orderer's report of a product. `answered_at` is None while the report waits."""

    name: str
    what: str
    at: datetime
    answered_at: datetime | None
    answer: str


def reports_of(order: Order) -> list[Reported]:
    """Return what was reported of a delivered order, the oldest first; of any other order nothing is read."""
    if order.status != Order.Status.DELIVERED:
        return []
    rows = ItemReport.objects.filter(order=order).select_related("line__product").order_by("pk")
    return [
        Reported(row.line.product.shown.full_name, row.get_what_display(), row.created_at, row.answered_at, row.answer)
        for row in rows
    ]


def corrections_for_orderer(order: Order) -> list[str]:
    """Return a sentence for each correction of a delivered order, the oldest first, without the reason of staff."""
    if order.status != Order.Status.DELIVERED:
        return []
    rows = HandOverCorrection.objects.filter(hand_over__order=order).order_by("pk")
    return [_sentence(row) for row in rows.select_related("line__product", "product")]


def _sentence(row: HandOverCorrection) -> str:
    words = {
        "quantity": row.quantity,
        "name": row.line.product.shown.full_name,
        "instead": row.product.shown.full_name if row.product else "",
        "paid": money(row.cents),
        "method": row.get_method_display(),
    }
    if row.product is None:
        return _("%(paid)s given back for %(quantity)d × %(name)s: %(method)s.") % words
    if row.cents:
        return _("%(quantity)d × %(instead)s for %(name)s, and %(paid)s given back: %(method)s.") % words
    return _("%(quantity)d × %(instead)s for %(name)s.") % words
