"""What may be refused of an order at the door while the rest is handed over, and what is due then."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from delivery.models import Order, OrderLine
from delivery.rules.errors import HandOverError


def due_cents(order: Order, lines: Iterable[OrderLine], refused: Mapping[int, int]) -> int:
    """Return what is due for the order in cents without the refused items; `refused` is the quantity by line id."""
    return order.subtotal_cents - sum(line.unit_price_cents * refused.get(line.pk, 0) for line in lines)


def check_refused(lines: Iterable[OrderLine], refused: Mapping[int, int]) -> None:
    """Each refused quantity is from 1 to what its line has, and something is left; raises HandOverError."""
    quantities = {line.pk: line.quantity for line in lines}
    for line, quantity in refused.items():
        if line not in quantities:
            raise HandOverError(_("A line of this order is not there any more. Open the sheet again."))
        if not 1 <= quantity <= quantities[line]:
            words = _("Enter how many of the line are refused: 0 to %(count)d.")
            raise HandOverError(words % {"count": quantities[line]}, field=f"refused_{line}")
    if sum(refused.values()) == sum(quantities.values()):
        words = _("All of it is refused. Choose “The order was refused” instead.")
        raise HandOverError(words, field=f"refused_{next(iter(quantities))}")
