"""The cart, as the pages of products and of the checkout show it."""

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from certification.models import Patient
from delivery import rules
from delivery.models import OrderLine, Product
from delivery.orderers import Orderer
from delivery.presenters.terms import Terms
from ui.prepared import Prepared
from ui.templatetags.portal import grams, money


@dataclass(frozen=True)
class CartLine:
    """A product in the cart at today's price: `refusal` stops the order, `note` names what changed.

    `photo_digest` names the photo of the product, or is None.
    """

    product: Product
    quantity: int
    cost_cents: int
    refusal: str
    note: str
    photo_digest: str | None

    @property
    def amount_mg(self) -> int:
        """Flower equivalent of the whole line."""
        return self.quantity * self.product.amount_mg


@dataclass(frozen=True)
class Cart:
    """A cart at today's prices; `problem` is what stops the order, or empty."""

    lines: list[CartLine]
    subtotal_cents: int
    amount_mg: int
    minimum_cents: int
    problem: str = ""

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    def quantity_of(self, product_id: int) -> int:
        """Return how many of the product the cart holds."""
        return next((line.quantity for line in self.lines if line.product.pk == product_id), 0)

    @property
    def short_cents(self) -> int:
        return max(self.minimum_cents - self.subtotal_cents, 0)


def cart_of(orderer: Orderer, terms: Terms) -> Cart:
    """Return the cart that the orderer keeps for the patient, in one query."""
    lines = _lines.rows(patient=orderer.patient.pk, user=orderer.user.pk)
    shown = [_cart_line(line, orderer.patient, terms) for line in lines]
    subtotal_cents, amount_mg = rules.totals(lines)
    problem = _problem(shown, subtotal_cents, terms)
    return Cart(shown, subtotal_cents, amount_mg, terms.policy.minimum_cents, problem)


def _lines_in_cart(*, patient: int, user: int) -> QuerySet[OrderLine]:
    lines = OrderLine.objects.filter(order__status="cart", order__patient=patient, order__placed_by=user)
    return lines.select_related("product").annotate(photo_digest=F("product__photo__digest")).order_by("pk")


_lines = Prepared(_lines_in_cart)


def _cart_line(line: OrderLine, patient: Patient, terms: Terms) -> CartLine:
    product = line.product
    refusal = rules.refusal_of(rules.check_product_fits_patient, product, patient, day=terms.day) or rules.refusal_of(
        rules.check_stock, product, line.quantity
    )
    cost_cents, photo_digest = line.quantity * product.price_cents, getattr(line, "photo_digest", None)
    return CartLine(product, line.quantity, cost_cents, refusal, _note_on_changes(line), photo_digest)


def _note_on_changes(line: OrderLine) -> str:
    """Return what changed of the product since the line was put into the cart."""
    notes = []
    if line.unit_price_cents != line.product.price_cents:
        prices = {"old": money(line.unit_price_cents), "new": money(line.product.price_cents)}
        notes.append(_("The price changed from %(old)s to %(new)s.") % prices)
    if line.amount_mg != line.product.amount_mg:
        amounts = {"old": grams(line.amount_mg), "new": grams(line.product.amount_mg)}
        notes.append(_("It counted as %(old)s of flower and now counts as %(new)s.") % amounts)
    return " ".join(notes)


def _problem(lines: list[CartLine], subtotal_cents: int, terms: Terms) -> str:
    """Return the first sentence that stops the checkout, or an empty text."""
    if terms.cover_refusal:
        return terms.cover_refusal
    if not lines:
        return _("Your cart is empty. Add something to it first.")
    refusals = [line.refusal for line in lines if line.refusal]
    return refusals[0] if refusals else rules.refusal_of(rules.check_minimum, subtotal_cents, terms.policy)
