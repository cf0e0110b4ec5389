"""Which moves an order can make, by the verb that people use. `docs/states.md` is printed from `MOVES`."""

from django.utils.translation import gettext as _

from delivery.models import Order
from delivery.rules.errors import TransitionError
from ui.moves import Move

S = Order.Status
BEFORE_DEPARTURE = frozenset({S.PLACED, S.CONFIRMED, S.PACKED})
LATER = frozenset({"pack", "dispatch", "hand_over", "return"})  # what follows after the review
ON_THE_WAY = frozenset({"hand_over", "return"})
MOVES = {
    "place": Move(
        frozenset({S.CART}),
        S.PLACED,
        who="the orderer, or staff for a caller",
        then="the order takes a place, stock and allotment; the orderer gets a mail",
    ),
    "confirm": Move(
        frozenset({S.PLACED}),
        S.CONFIRMED,
        who="a Pharmacist, who has reviewed the monitoring program",
        then="each item gets its lot; the orderer gets a mail",
    ),
    "pack": Move(
        frozenset({S.CONFIRMED}),
        S.PACKED,
        who="staff who may pack orders",
        then="the orderer sees it on the page of the order; no mail",
    ),
    "unpack": Move(
        frozenset({S.PACKED}),
        S.CONFIRMED,
        who="staff who may pack orders; the portal, when the order moves to another window, or when what was short is "
        "not taken",
        then="the items go back to the shelf; the order keeps its place, stock, lots and allotment",
    ),
    "dispatch": Move(
        frozenset({S.PACKED}),
        S.OUT_FOR_DELIVERY,
        who="the driver of its run, or staff who may change runs",
        then="the orderer gets a mail; the order can no longer be changed, moved or cancelled",
    ),
    "hand_over": Move(
        frozenset({S.OUT_FOR_DELIVERY}),
        S.DELIVERED,
        who="the driver of its run, or staff who type in hand-overs from paper",
        then="the stock is sold, and place and allotment stay taken; the orderer gets a receipt",
    ),
    "return": Move(
        frozenset({S.OUT_FOR_DELIVERY}),
        S.RETURNED,
        who="the driver of its run, or staff who type in hand-overs from paper",
        then="the hold stays until the order is taken in; then its items are in quarantine; the orderer gets a mail",
    ),
    "refuse": Move(
        BEFORE_DEPARTURE,
        S.REFUSED,
        who="staff who may change orders",
        then="the hold is released; the orderer gets a mail",
    ),
    "cancel": Move(
        BEFORE_DEPARTURE,
        S.CANCELLED,
        who="the orderer until the cut-off; staff at any time; the portal when the certification, the caregiver or "
        "the allotment no longer covers it, or when its day is closed",
        then="the hold is released; the orderer gets a mail",
    ),
    "lapse": Move(
        BEFORE_DEPARTURE,
        S.LAPSED,
        who="the portal, when it was not confirmed by the end of its window or had not left by the end of its day",
        then="the hold is released; the orderer gets a mail",
    ),
}


def can_move(verb: str, order: Order) -> bool:
    """Return whether the order's status allows the verb, for example "confirm"."""
    return order.status in MOVES[verb].from_


def check_move(verb: str, order: Order) -> None:
    """The order's status allows the verb, for example "confirm"; raises TransitionError."""
    if can_move(verb, order):
        return
    is_early = order.status in (S.PLACED, S.CONFIRMED) or (order.status == S.PACKED and verb in ON_THE_WAY)
    raise _not_yet(order) if verb in LATER and is_early else not_possible(order)


def _not_yet(order: Order) -> TransitionError:
    """Return the refusal that says what has to happen before."""
    if order.status == S.PLACED:
        return TransitionError(_("This order is not confirmed yet: a pharmacist reviews it first."))
    if order.status == S.PACKED:
        return TransitionError(_("This order has not left yet. Record first that it left with its driver."))
    return TransitionError(_("This order is not packed yet."))


def not_possible(order: Order) -> TransitionError:
    """Return the refusal that names the order's status."""
    words = {"status": order.get_status_display().lower()}
    return TransitionError(_("This order is %(status)s; that is no longer possible.") % words)
