"""The bar at the foot of the menu and of a product: the total of the cart, and what it waits for."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from delivery.presenters.allotment import Allotment
from delivery.presenters.cart import Cart
from ui.parts import cached_part


class Bar(NamedTuple):
    """All that the bar shows. `waits_for` is one word of `_waits_for`; `swaps` is whether htmx swaps it into a page."""

    subtotal_cents: int
    minimum_cents: int
    short_cents: int
    quantity: int
    waits_for: str
    swaps: bool


def cart_bar(cart: Cart, allotment: Allotment | None, refusal: str, *, swaps: bool = False) -> SafeString:
    """Return the bar as HTML; `refusal` says why nothing can be ordered, or is empty."""
    waits_for = _waits_for(cart, allotment, refusal)
    return _bar(Bar(cart.subtotal_cents, cart.minimum_cents, cart.short_cents, cart.count, waits_for, swaps))


def _waits_for(cart: Cart, allotment: Allotment | None, refusal: str) -> str:
    if refusal:
        return "refused"
    if not cart.lines:
        return "first"
    if allotment and allotment.problem:
        return "allotment"
    if cart.short_cents:
        return "minimum"
    return "look" if cart.problem else "checkout"


@cached_part(most=300)
def _bar(bar: Bar) -> SafeString:
    return render_to_string("delivery/_cart_bar.html", bar._asdict())
