"""One product with all that a patient may know of it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery import rules
from delivery.models import Lot, Product
from delivery.orderers import Orderer
from delivery.presenters.cart import Cart
from delivery.presenters.menu import most_of, on_menu
from delivery.presenters.terms import Terms

MOST_LOTS = 3
F = Product.Form
INHALED = _(
    "You feel it within minutes, and it lasts two to four hours. Take one breath, and wait ten minutes before more."
)
SWALLOWED = _(
    "You feel it after half an hour to two hours, and it lasts up to eight hours. Begin with the smallest piece, and "
    "wait two hours before you take more."
)
HOW_TO_BEGIN: dict[str, str | Promise] = {
    F.FLOWER: INHALED,
    F.VAPE: INHALED,
    F.CONCENTRATE: INHALED,
    F.EDIBLE: SWALLOWED,
    F.CAPSULE: SWALLOWED,
    F.TINCTURE: _(
        "Hold it under the tongue for a minute. You feel it after a quarter of an hour to an hour. Begin with a few "
        "drops, and wait two hours before you take more."
    ),
    F.TOPICAL: _(
        "It goes on healthy skin, never on a wound. Begin with a small area, and wash your hands when you have put it "
        "on."
    ),
}


@dataclass(frozen=True)
class TestedLot:
    """A lot that can be delivered, with the figures of its label."""

    number: str
    producer: str
    thc_mg: int
    cbd_mg: int
    expires_date: date


@dataclass(frozen=True)
class ProductPage:
    """A product with its photo, its quantity in the cart, whether it is a favorite, how to begin, and its lots.

    `is_most` says whether no more of it can be put into the cart.
    """

    product: Product
    photo_digest: str | None
    in_cart: int
    is_most: bool
    is_favorite: bool
    how_to_begin: str
    lots: list[TestedLot]


def product_page(sku: str, orderer: Orderer, cart: Cart, terms: Terms) -> ProductPage | None:
    """Return the page of a product, or None where it is not on the menu of the orderer's patient."""
    found = on_menu(sku, orderer)
    if found is None or rules.refusal_of(rules.check_product_fits_patient, found[0], orderer.patient, day=terms.day):
        return None
    product, shown = found
    in_cart = cart.quantity_of(product.pk)
    return ProductPage(
        product,
        shown.photo_digest,
        in_cart,
        in_cart >= most_of(product.stock),
        shown.is_favorite,
        str(HOW_TO_BEGIN[product.form]),
        _lots(product, terms),
    )


def _lots(product: Product, terms: Terms) -> list[TestedLot]:
    """Return the lots of which some can be delivered on the next free day, the first to expire first."""
    lots: list[TestedLot] = []
    good = Lot.objects.with_counts().filter(
        Q(left__gt=0), product=product, recalled_at__isnull=True, expires_date__gte=terms.day
    )
    for lot in good.order_by("expires_date", "number")[:MOST_LOTS]:
        assert lot.thc_mg is not None and lot.cbd_mg is not None and lot.expires_date is not None
        lots.append(TestedLot(lot.number, lot.producer, lot.thc_mg, lot.cbd_mg, lot.expires_date))
    return lots
