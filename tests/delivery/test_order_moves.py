"""Every pair of statuses of an order, and who may lead an order from the one to the other."""

import itertools

import pytest

from accounts.actions.staff import STAFF_GROUPS
from delivery.admin.order_action_pages import ORDER_ACTION_PAGES
from delivery.models import Order, OrderLine, Product
from delivery.rules import (
    MOVES,
    ProductError,
    TransitionError,
    check_is_before_departure,
    check_is_chosen,
    check_is_in_order,
)

pytestmark = pytest.mark.once
S = Order.Status
BY_CALL = {"place": "delivery.add_order"}
PERMISSIONS = BY_CALL | {page.name: page.permission for page in ORDER_ACTION_PAGES}
STAFF = "Pharmacist Technician Manager"
BEFORE_DEPARTURE = (S.PLACED, S.CONFIRMED, S.PACKED)
# Who may lead an order from one status to another; no other pair is possible for anybody.
WHO = {
    (S.CART, S.PLACED): f"orderer {STAFF}",
    (S.PLACED, S.CONFIRMED): "Pharmacist",
    (S.CONFIRMED, S.PACKED): "Pharmacist Technician",
    (S.PACKED, S.CONFIRMED): "Pharmacist Technician portal",
    (S.PACKED, S.OUT_FOR_DELIVERY): "driver",
    (S.OUT_FOR_DELIVERY, S.DELIVERED): "driver",
    (S.OUT_FOR_DELIVERY, S.RETURNED): "driver",
    **{(before, S.REFUSED): STAFF for before in BEFORE_DEPARTURE},
    **{(before, S.CANCELLED): f"orderer {STAFF} portal" for before in BEFORE_DEPARTURE},
    **{(before, S.LAPSED): "portal" for before in BEFORE_DEPARTURE},
}


def may(role, verb):
    if role in ("orderer", "portal", "driver"):  # the driver of its run
        return f"the {role}" in MOVES[verb].who
    return PERMISSIONS.get(verb) in STAFF_GROUPS[role]


@pytest.mark.parametrize("role", ["orderer", "portal", "driver", *STAFF_GROUPS])
def test_every_pair_of_statuses_by_role(role):
    possible = {
        (before, after)
        for before, after in itertools.product(S, S)
        for verb, move in MOVES.items()
        if before in move.from_ and after == move.to and may(role, verb)
    }
    assert possible == {pair for pair, who in WHO.items() if role in who.split()}


@pytest.mark.parametrize("status", S)
def test_check_is_before_departure_refuses_what_has_left_or_is_closed(status):
    if status in BEFORE_DEPARTURE:
        check_is_before_departure(Order(status=status))
    else:
        with pytest.raises(TransitionError, match=f"This order is {status.label.lower()}"):
            check_is_before_departure(Order(status=status))


def test_check_is_in_order_refuses_a_line_that_is_gone():
    check_is_in_order(OrderLine())
    with pytest.raises(TransitionError, match="no longer in the order"):
        check_is_in_order(None)


def test_check_is_chosen_asks_for_the_substitute():
    check_is_chosen("drop", None)
    check_is_chosen("substitute", Product())
    with pytest.raises(ProductError, match="Choose the product"):
        check_is_chosen("substitute", None)
