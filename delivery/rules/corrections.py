"""Refunds and exchanges after a hand-over. Each `check_` raises a DeliveryError."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import may_as_staff
from delivery.models import HandOver, HandOverCorrection, Order, OrderLine, Product
from delivery.rules.errors import CorrectionError, ProductError, QuantityError, StockError
from delivery.rules.lots import check_can_be_dispensed
from delivery.rules.products import check_product_fits_patient, check_stock
from delivery.rules.recalled import check_is_not_recalled
from delivery.rules.shortages import substitute_price_cents
from delivery.rules.stock import check_lot_has, lots_of
from ui.templatetags.portal import money

CORRECT = "delivery.add_handovercorrection"  # Pharmacist and Manager alone
MOST_REASON = 500  # characters
Kind, Goods, Method = HandOverCorrection.Kind, HandOverCorrection.Goods, HandOverCorrection.Method
COME_BACK = frozenset({Goods.SEALED, Goods.OPENED})
COUNT_BACK = frozenset({Goods.SEALED, Goods.MISSING})  # the allotment: what was not dispensed in the end


@dataclass(frozen=True)
class LineCorrection:
    """A refund or an exchange of `quantity` items of one line.

    `cents` is what a refund gives back; None is the whole price. An exchange gives back the difference to a cheaper
    product by itself. `lot` is what came back; `product` and `product_lot` are what is given instead. `serials` are
    those on the labels of the items, and empty where nobody knows them.
    """

    line: OrderLine
    kind: str
    quantity: int
    goods: str
    cents: int | None = None
    lot: str = ""
    product: Product | None = None
    product_lot: str = ""
    serials: tuple[str, ...] = ()

    @property
    def paid_cents(self) -> int:
        """The price that was paid for these items."""
        return self.quantity * self.line.unit_price_cents

    @property
    def refund_cents(self) -> int:
        """The money that is given back."""
        if self.kind == Kind.EXCHANGE and self.product:
            return self.paid_cents - self.quantity * substitute_price_cents(self.line, self.product)
        return self.paid_cents if self.cents is None else self.cents

    @property
    def freed_mg(self) -> int:
        """The amount that counts back to the allotment of the delivery day, in mg [docs/domain.md#returned-goods]."""
        return self.quantity * self.line.amount_mg if self.goods in COUNT_BACK else 0

    @property
    def given_mg(self) -> int:
        """The amount that an exchange takes of the allotment today, in mg."""
        return self.quantity * self.product.amount_mg if self.product else 0


def check_may_correct(user: User) -> None:
    """The account may correct hand-overs: Pharmacist and Manager alone. Raises CorrectionError."""
    if not may_as_staff(user, CORRECT):
        raise CorrectionError(_("Only a Pharmacist or a Manager corrects a hand-over."))


def check_was_handed_over(order: Order) -> None:
    """The order was handed over, so that there is something to correct; raises CorrectionError."""
    if order.status != Order.Status.DELIVERED:
        words = _("Order %(number)s was not handed over: there is nothing to correct.")
        raise CorrectionError(words % {"number": order.number})


def check_correction_reason(reason: str) -> None:
    """It is said why, in at most 500 characters; raises CorrectionError."""
    if not reason.strip():
        raise CorrectionError(_("Enter a reason."), field="reason")
    if len(reason) > MOST_REASON:
        raise CorrectionError(_("Write at most 500 characters."), field="reason")


def check_is_as_seen(hand_over: HandOver, seen: int) -> None:
    """Nobody has corrected the hand-over since the page was opened, which saw `seen` rows; raises CorrectionError."""
    if hand_over.corrections.count() != seen:
        raise CorrectionError(
            _("Somebody has corrected this order since you opened the page. Read what they entered, then go on.")
        )


def check_corrections(hand_over: HandOver, entered: Sequence[LineCorrection], *, method: str) -> None:
    """Each line is one of the order, named once, and can be corrected like that; the money can be given back.

    Raises a DeliveryError.
    """
    if not entered:
        raise CorrectionError(_("Choose a refund or an exchange for at least one line."))
    lines = [one.line.pk for one in entered]
    if len(set(lines)) < len(lines) or any(one.line.order_id != hand_over.order_id for one in entered):
        raise CorrectionError(_("Name each line of this order once."))
    for one in entered:
        check_line_correction(one, order=hand_over.order)
    check_method(hand_over, sum(one.refund_cents for one in entered), method)


def check_line_correction(one: LineCorrection, *, order: Order) -> None:
    """The quantity was bought and not corrected yet, and goods, money and exchange fit; raises a DeliveryError."""
    check_corrected_quantity(one.line, one.quantity)
    if one.kind not in Kind.values:
        raise CorrectionError(_("Choose a refund or an exchange."), field="kind")
    check_goods(one)
    if one.kind == Kind.REFUND:
        check_refund(one)
    else:
        check_exchange(one, order=order)


def check_corrected_quantity(line: OrderLine, quantity: int) -> None:
    """From 1 to as many of the line as nobody has corrected yet; raises QuantityError."""
    left = left_to_correct(line)
    if left < 1:
        words = _("%(name)s: all of it was corrected already.")
        raise QuantityError(words % {"name": line.product.full_name}, field="quantity")
    if not 1 <= quantity <= left:
        words = ngettext(
            "%(name)s: enter 1. One can still be corrected.",
            "%(name)s: enter a quantity from 1 to %(count)d. So many can still be corrected.",
            left,
        )
        raise QuantityError(words % {"name": line.product.full_name, "count": left}, field="quantity")


def check_goods(one: LineCorrection) -> None:
    """It is said what became of the goods; what came back is of a lot that the order took. Raises a DeliveryError."""
    if one.goods not in Goods.values:
        raise CorrectionError(_("Choose what became of the goods."), field="goods")
    if one.goods not in COME_BACK:
        return
    lots = dict(lots_of(one.line))
    if lots.get(one.lot, 0) < one.quantity:
        words = _("%(name)s: choose the lot that came back. The order took %(lots)s.")
        took = ", ".join(f"{quantity} × {lot}" for lot, quantity in lots.items()) or _("none")
        raise StockError(words % {"name": one.line.product.full_name, "lots": took}, field="lot")


def check_refund(one: LineCorrection) -> None:
    """A refund gives back more than nothing, and at most what was paid for these items; raises CorrectionError."""
    if not 0 < one.refund_cents <= one.paid_cents:
        words = _("%(name)s: give back from $0.01 to %(paid)s, which was paid for it.")
        raise CorrectionError(
            words % {"name": one.line.product.full_name, "paid": money(one.paid_cents)}, field="cents"
        )


def check_exchange(one: LineCorrection, *, order: Order) -> None:
    """The product given instead is on the menu, fits the patient's age today, and its lot is in stock.

    Raises ProductError or StockError.
    """
    if one.product is None or not one.product.is_active:
        words = _("%(name)s: choose what is given instead, from the list.")
        raise ProductError(words % {"name": one.line.product.full_name}, field="product")
    check_product_fits_patient(one.product, order.patient, day=localdate())
    check_stock(one.product, one.quantity)
    check_is_not_recalled(one.product, one.product_lot)
    check_lot_has(one.product, one.product_lot, one.quantity)
    check_can_be_dispensed(one.product, one.product_lot, day=localdate())


def check_method(hand_over: HandOver, refund_cents: int, method: str) -> None:
    """Where money is given back it is said how; a card gets back no more than it paid. Raises CorrectionError."""
    if not refund_cents:
        return
    if method not in Method.values:
        raise CorrectionError(_("Choose how the money is given back."), field="method")
    if method == Method.DEBIT:
        given = hand_over.corrections.filter(method=Method.DEBIT).aggregate(cents=Sum("cents", default=0))["cents"]
        left = hand_over.debit_cents - given
        if refund_cents > left:
            words = _("The card paid %(paid)s that was not given back yet, and this is %(refund)s. Give back cash.")
            raise CorrectionError(words % {"paid": money(left), "refund": money(refund_cents)}, field="method")


def corrected_quantity(line: OrderLine) -> int:
    """Return how many of the line were refunded or exchanged."""
    return line.corrections.aggregate(quantity=Sum("quantity", default=0))["quantity"]


def bought_quantity(line: OrderLine) -> int:
    """Return how many of the line were handed over and paid: not what was refused at the door."""
    return line.taken_quantity


def left_to_correct(line: OrderLine) -> int:
    """Return how many of the line can still be refunded or exchanged."""
    return bought_quantity(line) - corrected_quantity(line)
