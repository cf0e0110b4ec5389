"""An earlier order that is ordered again: what is no longer as it was."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from certification.models import Patient
from delivery import rules
from delivery.models import Order, OrderLine
from delivery.orderers import Orderer
from delivery.presenters.cart import Cart, CartLine
from delivery.presenters.terms import Terms
from ui.templatetags.portal import money


@dataclass(frozen=True)
class Again:
    """An order that is ordered again: a sentence for each difference from today, and what else the cart holds."""

    order: Order
    differences: list[str]
    others: list[CartLine]


def order_to_repeat(orderer: Orderer, number: str) -> Order | None:
    """Return the patient's order with this number, or None; none during a call."""
    if not number or orderer.caller:
        return None
    orders = Order.objects.placed().with_lines().filter(patient=orderer.patient)
    return orders.filter(number=number.upper()).first()


def again_of(order: Order, cart: Cart, patient: Patient, terms: Terms) -> Again:
    """Return how today differs from the order, whose products were put into the cart."""
    lines = order.lines.all()
    said = [_difference(line, patient, terms) for line in lines]
    ordered = {line.product_id for line in lines}
    others = [line for line in cart.lines if line.product.pk not in ordered]
    return Again(order, [sentence for sentence in said if sentence], others)


def _difference(line: OrderLine, patient: Patient, terms: Terms) -> str:
    product = line.product
    refusal = rules.refusal_of(rules.check_product_fits_patient, product, patient, day=terms.day)
    if refusal:
        return refusal
    sentences = [rules.refusal_of(rules.check_stock, product, line.quantity)]
    if product.stock and line.unit_price_cents != product.price_cents:
        words = {
            "name": product.shown.full_name,
            "old": money(line.unit_price_cents),
            "new": money(product.price_cents),
        }
        sentences.append(_("%(name)s now costs %(new)s, not %(old)s.") % words)
    return " ".join(sentence for sentence in sentences if sentence)
