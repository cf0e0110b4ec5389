"""What may be offered for a line that is short, and until when it can be answered. Each `check_` raises."""

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_as_staff
from delivery.models import Order, OrderLine, Product, Shortage
from delivery.rules.allotment import allotment_left_mg, check_allotment_left
from delivery.rules.errors import DeliveryError, ProductError, QuantityError, TransitionError
from delivery.rules.lots import STATES_DAYS
from delivery.rules.moves import not_possible
from delivery.rules.products import check_product_fits_patient, check_stock

CLOSE_PERCENT = 25  # how far price and THC of a substitute may lie from what was ordered
CHANGED_FROM = (Order.Status.CONFIRMED, Order.Status.PACKED)
K = Shortage.Kind


def check_may_be_changed(order: Order) -> None:
    """Staff may enter what is short: the order is confirmed or packed and has not left; raises TransitionError."""
    if order.status == Order.Status.PLACED:
        raise TransitionError(_("This order is not confirmed yet. Confirm it first, or refuse it."))
    if order.status not in CHANGED_FROM:
        raise not_possible(order)


def check_is_in_order(line: OrderLine | None) -> None:
    """The line is still in the order; raises TransitionError."""
    if line is None:
        raise TransitionError(_("This is no longer in the order: somebody has entered it as short already."))


def check_is_chosen(kind: str, substitute: Product | None) -> None:
    """A substitute is named where one is offered; raises ProductError."""
    if kind == K.SUBSTITUTE and substitute is None:
        raise ProductError(_("Choose the product that you offer instead."), field="substitute")


def check_line_waits_for_no_answer(line: OrderLine) -> None:
    """The orderer has answered everything that was asked about the line; raises TransitionError."""
    if line.shortages.unanswered().exists():
        words = {"name": line.product.full_name}
        raise TransitionError(_("%(name)s waits for an answer already. Enter the answer first.") % words)


def check_offer(line: OrderLine, kind: str, quantity: int) -> None:
    """Less is offered than was ordered, or at most as much of a substitute; raises QuantityError."""
    most = line.quantity - (kind == K.LESSEN)
    if kind == K.DROP:
        return
    if most < 1:
        raise QuantityError(_("Only one was ordered. Leave it out, or offer another product."), field="kind")
    if not 1 <= quantity <= most:
        raise QuantityError(_("Enter how many you have, from 1 to %(most)d.") % {"most": most}, field="quantity")


def check_substitute(order: Order, line: OrderLine, product: Product, quantity: int) -> None:
    """The patient may have `quantity` of the product in the place of the line; raises a DeliveryError.

    It is on the menu, not inhaled under 18, of the same form, close in price and THC, not in the order yet, in stock,
    and the order stays within the monthly allotment.
    """
    assert order.window and order.policy
    check_product_fits_patient(product, order.patient, day=order.window.date)
    check_is_close(line, product)
    if order.lines.filter(product=product).exists():
        raise ProductError(_("%(name)s is in this order already.") % {"name": product.full_name}, field="substitute")
    check_stock(product, quantity)
    left_mg = allotment_left_mg(
        patient=order.patient,
        day=order.window.date,
        certification=order.patient.certification_on(order.window.date),
        days=order.policy.allotment_days,
        without=order,
    )
    check_allotment_left(order.amount_mg - line.total_mg + quantity * product.amount_mg, left_mg)


def check_may_put_substitute(order: Order, user: User) -> None:
    """The order is not packed, or a pharmacist changes it, who states the days' supply; raises TransitionError."""
    if order.status == Order.Status.PACKED and not may_as_staff(user, STATES_DAYS):
        words = _(
            "Unpack the order first: a pharmacist states the days’ supply of the other product before it is packed."
        )
        raise TransitionError(words)


def check_is_close(line: OrderLine, product: Product) -> None:
    """The product has the form of what was ordered, and its price and THC within CLOSE_PERCENT; raises ProductError."""
    ordered = line.product
    pairs = ((product.price_cents, line.unit_price_cents), (product.thc_mg, ordered.thc_mg))
    is_close = all(100 * abs(new - old) <= CLOSE_PERCENT * old for new, old in pairs)
    if product.form != ordered.form or not is_close:
        words = {"name": product.full_name, "percent": CLOSE_PERCENT}
        raise ProductError(
            _("%(name)s is too different: offer the same form, with price and THC within %(percent)d%%.") % words,
            field="substitute",
        )


def substitutes_for(order: Order, line: OrderLine) -> list[Product]:
    """Return the products of which at least one can be offered in the place of the line, the closest price first."""
    offered = Product.objects.filter(form=line.product.form, is_active=True, stock__gt=0).exclude(pk=line.product_id)
    fitting = [product for product in offered if _can_be_offered(order, line, product)]
    return sorted(fitting, key=lambda product: (abs(product.price_cents - line.unit_price_cents), product.full_name))


def _can_be_offered(order: Order, line: OrderLine, product: Product) -> bool:
    try:
        check_substitute(order, line, product, 1)
    except DeliveryError:
        return False
    return True


def substitute_price_cents(line: OrderLine, product: Product) -> int:
    """Return what one item of the substitute costs: its price, and never more than what was ordered."""
    return min(product.price_cents, line.unit_price_cents)


def check_can_be_answered(order: Order, shortage: Shortage) -> None:
    """The order has not left, and nobody has answered yet; raises TransitionError."""
    if not order.is_before_departure:
        raise TransitionError(
            _("It is too late to answer: the order has left or is closed. What was not answered was left out.")
        )
    if shortage.is_answered:
        raise TransitionError(_("This is answered already: %(answer)s.") % {"answer": shortage.get_answer_display()})
