"""How the pages of staff speak of an order, and when they offer an action."""

from collections.abc import Callable

from django.utils.translation import gettext

from delivery import rules
from delivery.admin import columns
from delivery.models import Order, OrderLine
from ui.templatetags.portal import money


def lots_in_words(line: OrderLine) -> str:
    """Return the lots of a line with their quantities, or a hyphen."""
    return ", ".join(f"{lot} × {quantity}" for lot, quantity in rules.lots_of(line)) or "-"


def offered_for(verb: str) -> Callable[[Order], bool]:
    """Return the function that says whether an order's status allows the verb."""
    return lambda order: rules.can_move(verb, order)


def about(order: Order) -> str:
    """Return number, window, total and address of an order, in a sentence."""
    assert order.window is not None  # the admin shows no carts
    words = {
        "number": order.number,
        "window": columns.when(order.window),
        "total": money(order.subtotal_cents),
        "where": f"{order.street_address}, {order.town}",
    }
    return gettext("Order %(number)s for %(window)s, %(total)s, to %(where)s.") % words
