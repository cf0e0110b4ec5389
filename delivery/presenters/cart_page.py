"""The page of the cart: its lines, what reaches the minimum, and the allotment."""

from dataclasses import dataclass

from delivery import rules
from delivery.orderers import Orderer
from delivery.presenters.allotment import Allotment, allotment_of
from delivery.presenters.cart import Cart, CartLine, cart_of
from delivery.presenters.menu import fits, on_menu
from delivery.presenters.terms import Terms
from delivery.rules.reaching import Reaching, reaching_minimum


@dataclass(frozen=True)
class CartRow:
    """A line of the cart; `fits` is the largest quantity that is possible, or None where all of it is."""

    line: CartLine
    fits: int | None


@dataclass(frozen=True)
class CartPage:
    """The cart, what is left of the allotment beside it, or None without a free window, and what reaches the minimum.

    `most` is how many of one product a cart can hold.
    """

    cart: Cart
    allotment: Allotment | None
    rows: list[CartRow]
    reaching: list[Reaching]
    most: int = rules.MOST_OF_ONE_PRODUCT


def cart_page(orderer: Orderer, terms: Terms) -> CartPage:
    """Return what the page of the orderer's cart shows under these terms."""
    cart = cart_of(orderer, terms)
    allotment = allotment_of(orderer.patient, cart, terms)
    most = allotment.fits if allotment else {}
    rows = [CartRow(line, most.get(line.product.pk)) for line in cart.lines]
    return CartPage(cart, allotment, rows, _reaching(orderer, terms, cart, allotment))


def _reaching(orderer: Orderer, terms: Terms, cart: Cart, allotment: Allotment | None) -> list[Reaching]:
    """Return what brings the cart to the minimum: nothing for an empty cart, or where nothing can be ordered."""
    if not (cart.lines and cart.short_cents and allotment) or orderer.refusal:
        return []
    in_cart = {line.product.pk for line in cart.lines}
    rows = [
        row for row in on_menu(orderer) if row.product.pk not in in_cart and fits(row.product, orderer.patient, terms)
    ]
    return reaching_minimum(
        [row.product for row in rows],
        short_cents=cart.short_cents,
        left_mg=allotment.left_mg,
        had={row.product.pk for row in rows if row.had_at},
    )
