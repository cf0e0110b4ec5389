"""The page of the cart: its lines, what reaches the minimum, and the allotment."""

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Least
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from delivery import rules
from delivery.models import Product
from delivery.orderers import Orderer
from delivery.presenters.allotment import Allotment, allotment_of
from delivery.presenters.cart import Cart, CartLine, cart_of
from delivery.presenters.menu import OF_READER, lines_had_by, patient_seen
from delivery.presenters.terms import Terms
from delivery.rules.reaching import MOST_OF_ONE_OFFERED, MOST_OFFERED, Reaching, reaching_minimum
from ui.parts import cached_part


class Line(NamedTuple):
    """All that a line of the cart shows, so that it is rendered once for as long as this stays the same.

    `fits` is the largest quantity that is possible, or None where all of it is; with `is_most` the cart can hold no
    more of the product.
    """

    sku: str
    name: str
    detail: str
    full_name: str
    form: str
    color: str
    drawn_as: str
    photo_digest: str | None
    price_cents: int
    cost_cents: int
    amount_mg: int
    quantity: int
    refusal: str
    note: str
    fits: int | None
    is_most: bool


@dataclass(frozen=True)
class CartPage:
    """The cart, the allotment beside it or None without a free window, and what reaches the minimum.

    `lines` are the lines of the cart as HTML, with marks for what belongs to the reader.
    """

    cart: Cart
    allotment: Allotment | None
    lines: list[SafeString]
    reaching: list[Reaching]


def cart_page(orderer: Orderer, terms: Terms) -> CartPage:
    """Return what the page of the orderer's cart shows under these terms."""
    cart = cart_of(orderer, terms)
    allotment = allotment_of(orderer.patient, cart, terms)
    fits = allotment.fits if allotment else {}
    lines = [line_of(line, fits.get(line.product.pk)) for line in cart.lines]
    return CartPage(cart, allotment, lines, _reaching(orderer, terms, cart, allotment))


def line_of(line: CartLine, fits: int | None) -> SafeString:
    """Return a line of the cart as HTML, with marks for what belongs to the reader."""
    product, shown = line.product, line.product.shown
    return _line(
        Line(
            sku=product.sku,
            name=shown.name,
            detail=shown.detail,
            full_name=shown.full_name,
            form=product.form,
            color=product.color,
            drawn_as=product.drawn_as,
            photo_digest=line.photo_digest,
            price_cents=product.price_cents,
            cost_cents=line.cost_cents,
            amount_mg=line.amount_mg,
            quantity=line.quantity,
            refusal=line.refusal,
            note=line.note,
            fits=fits,
            is_most=line.quantity >= rules.MOST_OF_ONE_PRODUCT,
        )
    )


@cached_part(most=500)
def _line(line: Line) -> SafeString:
    return render_to_string("delivery/_cart_line.html", {**OF_READER, **line._asdict(), "line": line})


def _reaching(orderer: Orderer, terms: Terms, cart: Cart, allotment: Allotment | None) -> list[Reaching]:
    """Return what brings the cart to the minimum: nothing for an empty cart, or where nothing can be ordered."""
    if not (cart.lines and cart.short_cents and allotment) or orderer.refusal:
        return []
    candidates = _candidates(orderer, terms, cart, allotment.left_mg)
    had = {product.pk for product in candidates if product.is_had}  # type: ignore[attr-defined]
    return reaching_minimum(candidates, short_cents=cart.short_cents, left_mg=allotment.left_mg, had=had)


def _candidates(orderer: Orderer, terms: Terms, cart: Cart, left_mg: int) -> list[Product]:
    """Return the few products among which `reaching_minimum` finds the same as among all that fit the patient.

    They are the first in its order without regard to what was had, what the patient had, and the cheapest.
    """
    items = (F("price_cents") + (cart.short_cents - 1)) / F("price_cents")  # whole numbers: rounded up
    fitting = (
        Product.objects.filter(rules.fits_patient(orderer.patient, day=terms.day))
        .exclude(pk__in=[line.product.pk for line in cart.lines])
        .annotate(items=items, cost_cents=items * F("price_cents"), whole_mg=items * F("amount_mg"))
        .filter(items__lte=Least("stock", Value(MOST_OF_ONE_OFFERED)), whole_mg__lte=left_mg)
    )
    first = fitting.order_by("items", "cost_cents", "name").values("pk")[:MOST_OFFERED]
    cheapest = fitting.order_by("cost_cents").values("pk")[:1]
    patient = patient_seen(orderer)
    had = Q(pk__in=lines_had_by(patient).values("product"))
    rows = fitting.filter(Q(pk__in=first) | Q(pk__in=cheapest) | had)
    return list(rows.annotate(photo_digest=F("photo__digest"), is_had=ExpressionWrapper(had, BooleanField())))
