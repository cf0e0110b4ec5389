"""Which products bring a cart that is too small to the minimum, and still fit."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from delivery.models import Product

MOST_OFFERED = 3
MOST_OF_ONE_OFFERED = 4  # nobody wants twenty of one thing to reach a minimum


@dataclass(frozen=True)
class Reaching:
    """So many of one product, with which the cart reaches the minimum; `cost_cents` is what they cost."""

    product: Product
    quantity: int

    @property
    def cost_cents(self) -> int:
        return self.quantity * self.product.price_cents


def reaching_minimum(
    products: Iterable[Product], *, short_cents: int, left_mg: int, had: Collection[int]
) -> list[Reaching]:
    """Return at most MOST_OFFERED ways to add what is `short_cents` short with one product.

    Each is in stock and fits what is left of the allotment, in mg. As few items as possible come first; among these
    what the patient had before (`had` holds product ids) at no more than twice the least price, and then the cheapest.
    """
    ways = [Reaching(product, -(-short_cents // product.price_cents)) for product in products]
    fitting = [
        way
        for way in ways
        if 0 < way.quantity <= min(way.product.stock, MOST_OF_ONE_OFFERED)
        and way.quantity * way.product.amount_mg <= left_mg
    ]
    least_cents = min((way.cost_cents for way in fitting), default=0)
    is_usual = {way.product.pk: way.product.pk in had and way.cost_cents <= 2 * least_cents for way in fitting}
    fitting.sort(key=lambda way: (way.quantity, not is_usual[way.product.pk], way.cost_cents, way.product.name))
    return fitting[:MOST_OFFERED]
