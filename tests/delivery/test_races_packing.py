"""Two technicians at one order, and an orderer who cancels meanwhile. The race has a control."""

import pytest
from django.db.models import Sum

from accounts.backends import PortalBackend
from delivery import actions, rules
from delivery.models import Product, StockMovement
from tests import factories
from tests.delivery.test_races import at_once, on_postgres, without_locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def drop_twice_at_once():
    """Let two technicians enter at once that a line is short; return the refusals and how many items are gone."""
    short, kept = factories.product(stock=10), factories.product(stock=10)
    order = factories.confirmed_order(lines=[(short, 2), (kept, 1)])
    line = order.lines.get(product=short)
    technicians = [PortalBackend().get_user(factories.staff("Technician").pk) for _each in range(2)]
    results = at_once(
        [
            lambda by=by: actions.change_order(order=order, line=line, kind="drop", by=by)
            for by in technicians
        ]
    )  # fmt: skip
    lost = StockMovement.objects.filter(kind="counted", product=short).aggregate(lost=Sum("quantity"))["lost"]
    return [result for result in results if isinstance(result, rules.DeliveryError)], lost


def test_what_two_technicians_enter_at_once_counts_once():
    refusals, lost = drop_twice_at_once()
    assert ([type(refusal) for refusal in refusals], lost) == ([rules.TransitionError], -2)


@on_postgres
def test_control_without_locks_it_counts_twice(monkeypatch):
    with without_locks(monkeypatch, all_pass="check_is_in_order", parties=2):
        refusals, lost = drop_twice_at_once()
    assert (refusals, lost) == ([], -4)


def test_an_order_is_either_packed_or_cancelled():
    order = factories.confirmed_order()
    technician = PortalBackend().get_user(factories.staff("Technician").pk)
    at_once(
        [
            lambda: actions.pack_order(order=order, by=technician),
            lambda: actions.cancel_order(order=order, by=order.placed_by),
        ]
    )
    order.refresh_from_db()
    assert (order.status, order.window.booked, Product.objects.get().stock) == ("cancelled", 0, 50)


def scan_the_last_at_once():
    """Let two orders scan the last item of a lot at once; return the refusals and how many of the lot are left."""
    product = factories.product(stock=0, price_cents=8000)
    actions.receive_stock(product=product, quantity=2, lot="MANY", details=factories.lot_details(), by=None)
    product.refresh_from_db()
    orders = [factories.confirmed_order(lines=[(product, 1)]) for _each in range(2)]
    actions.receive_stock(product=product, quantity=1, lot="LAST", details=factories.lot_details(), by=None)
    technician = PortalBackend().get_user(factories.staff("Technician").pk)
    results = at_once(
        [
            lambda order=order: actions.pack_order(order=order, lots={order.lines.get().pk: ["LAST"]}, by=technician)
            for order in orders
        ]
    )
    left = StockMovement.objects.filter(lot="LAST").aggregate(left=Sum("quantity"))["left"]
    return [result for result in results if isinstance(result, rules.DeliveryError)], left


def test_the_last_item_of_a_lot_is_scanned_for_one_order():
    refusals, left = scan_the_last_at_once()
    assert ([type(refusal) for refusal in refusals], left) == ([rules.StockError], 0)


@on_postgres
def test_control_without_locks_the_last_item_is_scanned_for_two_orders(monkeypatch):
    with without_locks(monkeypatch, all_pass="check_scanned_lots", parties=2):
        refusals, left = scan_the_last_at_once()
    assert (refusals, left) == ([], -1)
