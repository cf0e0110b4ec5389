"""Every button of an order's page, by staff group and status: who is offered it, and what a POST does."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.actions.staff import STAFF_GROUPS
from delivery import actions
from delivery.models import DoorAttempt, Order
from delivery.rules import MOVES
from tests import factories
from tests.delivery import door
from tests.delivery.people import review, scanned
from tests.delivery.test_order_moves import BEFORE_DEPARTURE, PERMISSIONS, WHO, S
from tests.shared import shared
from tests.world import taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.once]
STATUSES = [status for status in S if status != S.CART]  # the admin shows no carts
# In which statuses the page offers a button that leads to no other status. A packed order that moves is unpacked.
OFFERED = {
    "days": (S.CONFIRMED,),
    "short": (S.CONFIRMED, S.PACKED),
    "answer": (),  # nothing is short here
    "lot": BEFORE_DEPARTURE,
    "move": BEFORE_DEPARTURE,
    "assign": BEFORE_DEPARTURE,
    "photo-id": (S.OUT_FOR_DELIVERY,),
    "take-in": (S.RETURNED,),
} | {verb: MOVES[verb].from_ for verb in ("confirm", "pack", "unpack", "refuse", "cancel")}


@shared
def orders(monday):
    """An order in each status, led there by the actions; the run of those that have left is under way."""
    pharmacist, later = factories.staff("Pharmacist"), factories.window(factories.next_wednesday(1))
    lapsed, out, delivered, returned = (factories.order() for _each in range(4))
    placed, confirmed, packed, cancelled, refused = (factories.order(into=later) for _each in range(5))
    run = door.under_way(door.run_of(out, delivered, returned), monday)
    actions.hand_over(order=delivered, run=run, answers=door.answers(delivered), stated_at=None, by=run.driver)
    nobody_in = {"outcome": DoorAttempt.Outcome.REFUSED, "entry_key": uuid4()}
    actions.return_order(order=returned, run=run, by=run.driver, **nobody_in)
    assert actions.lapse_orders(now=run.window.ends_at + timedelta(minutes=1), by=None) == 1
    factories.confirm(confirmed, by=pharmacist)
    door.packed(packed)
    actions.cancel_order(order=cancelled, reason="Away.", by=pharmacist)
    actions.refuse_order(order=refused, reason="A shop.", by=pharmacist)
    made = (placed, confirmed, packed, out, delivered, returned, cancelled, refused, lapsed)
    found = [Order.objects.select_related("window").get(pk=order.pk) for order in made]
    assert [order.status for order in found] == STATUSES
    return found


def typed(order):
    """Return what the pages of the buttons ask for that lead to another status, by button."""
    why = {"reason": "A shop."}
    window = factories.window(factories.next_wednesday(2))
    return {
        "confirm": review(), "pack": scanned(order), "unpack": {}, "refuse": why, "cancel": why,
        "move": {"window": window.pk},
    }  # fmt: skip


def step(order, name):
    return reverse("admin:delivery_order_step", args=[order.pk, name])


def status_after(client, order, name, answers):
    """Post the answers to the page of the button; return the status that the order has then, and take it back."""
    with taken_back():
        answer = client.post(step(order, name), answers)
        assert answer.status_code in (200, 302, 403, 404)
        return Order.objects.get(pk=order.pk).status


def offered_to(client, order):
    page = client.get(reverse("admin:delivery_order_change", args=[order.pk]))
    return {button.get("name") for button in page.context["action_pages"]} if page.status_code == 200 else set()


def test_the_table_names_every_button():
    assert set(OFFERED) == set(PERMISSIONS) - {"place"}


@pytest.mark.parametrize("group", STAFF_GROUPS)
def test_the_page_of_an_order_offers_what_the_table_says(group, orders):
    client = factories.client_for(factories.staff(group))
    may = {name for name in OFFERED if PERMISSIONS[name] in STAFF_GROUPS[group]}
    found = {order.status: offered_to(client, order) & set(OFFERED) for order in orders}
    assert found == {status: {name for name in may if status in OFFERED[name]} for status in STATUSES}


@pytest.mark.parametrize("group", STAFF_GROUPS)
def test_a_post_moves_an_order_along_the_pairs_of_the_table_alone(group, orders):
    """Whatever the page offers: each button of a move is posted for an order in each status."""
    client = factories.client_for(factories.staff(group))
    made = set()
    for order in orders:
        for name, answers in typed(order).items():
            after = status_after(client, order, name, answers)
            if after != order.status:
                made.add((order.status, after))
    allowed = {pair for pair, who in WHO.items() if group in who.split() and pair[0] != S.CART}
    if PERMISSIONS["move"] in STAFF_GROUPS[group]:
        allowed.add((S.PACKED, S.CONFIRMED))  # the portal unpacks what staff move to another window
    assert made == allowed
