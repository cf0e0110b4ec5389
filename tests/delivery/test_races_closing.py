"""A day is closed while an order for it is placed. The race has a control."""

from threading import Event

import pytest
from django.db.models.query import QuerySet

from delivery import actions, rules
from delivery.models import Order
from tests import factories
from tests.delivery.test_races import at_once, booked, on_postgres, placing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def close_while_placing(monkeypatch):
    """Close the day after an order has taken its place and before it is written.

    The writing waits half a second for the closing. Returns whether the order is left in the closed window.
    """
    patient, window, manager = factories.patient(), factories.window(), factories.staff("Manager")
    factories.cart(patient, (factories.product(stock=1000), 2))
    taken, closed, check = Event(), Event(), rules.check_allotment_left

    def check_and_wait(*args):
        check(*args)
        taken.set()
        closed.wait(0.5)

    def close():
        taken.wait(30)
        actions.close_date(day=window.date, reason="Heavy snow", is_moving=True, by=manager)
        closed.set()

    monkeypatch.setattr(rules, "check_allotment_left", check_and_wait)
    at_once([placing(patient, window), close])
    order = Order.objects.placed().get()
    assert booked(order.window) == 1
    return order.window == window


def test_no_order_is_left_in_a_closed_day(monkeypatch):
    assert not close_while_placing(monkeypatch)


@on_postgres
def test_control_without_locks_an_order_is_left_in_a_closed_day(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    assert close_while_placing(monkeypatch)
