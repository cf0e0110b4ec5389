"""Every pair of statuses of an order, and who may lead an order from the one to the other."""

import itertools

import pytest

from accounts.actions.staff import STAFF_GROUPS
from delivery.admin.order_action_pages import ORDER_ACTION_PAGES
from delivery.models import Order
from delivery.rules import MOVES

pytestmark = pytest.mark.once
S = Order.Status
BY_CALL = {"place": "delivery.add_order"}
PERMISSIONS = BY_CALL | {page.name: page.permission for page in ORDER_ACTION_PAGES}
STAFF = "Pharmacist Technician Manager"
BEFORE_DEPARTURE = (S.PLACED, S.CONFIRMED, S.PACKED)
# Who may lead an order from one status to another; no other pair is possible for anybody.
WHO = {
    (S.CART, S.PLACED): f"orderer {STAFF}",
    (S.PLACED, S.CONFIRMED): STAFF,
    (S.CONFIRMED, S.PACKED): "Pharmacist Technician",
    (S.PACKED, S.CONFIRMED): "Pharmacist Technician portal",
    **{(before, S.REFUSED): STAFF for before in BEFORE_DEPARTURE},
    **{(before, S.CANCELLED): f"orderer {STAFF} portal" for before in BEFORE_DEPARTURE},
    **{(before, S.LAPSED): "portal" for before in BEFORE_DEPARTURE},
}


def may(role, verb):
    if role in ("orderer", "portal"):
        return f"the {role}" in MOVES[verb].who
    return PERMISSIONS.get(verb) in STAFF_GROUPS[role]


@pytest.mark.parametrize("role", ["orderer", "portal", *STAFF_GROUPS])
def test_every_pair_of_statuses_by_role(role):
    possible = {
        (before, after)
        for before, after in itertools.product(S, S)
        for verb, move in MOVES.items()
        if before in move.from_ and after == move.to and may(role, verb)
    }
    assert possible == {pair for pair, who in WHO.items() if role in who.split()}
