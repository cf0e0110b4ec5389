"""A lot is recalled while an order with it is packed or handed over. Each race has a control."""

from threading import Event

import pytest
from django.db.models.query import QuerySet
from django.utils import timezone

from delivery import actions as deliveries
from delivery import rules as delivery_rules
from delivery.models import Order, Run
from dispensing import actions
from tests import factories
from tests.delivery import door
from tests.delivery.test_races import at_once, on_postgres
from tests.dispensing.units import grams
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"reason": "It may hold mold.", "instructions": "Do not use it."}


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def recall_beside(monkeypatch, module, name, call):
    """Start the recall after `call` has passed the function `name`; then it waits half a second for the recall."""
    manager = factories.staff("Manager")
    passed, recalled, check = Event(), Event(), getattr(module, name)

    def check_and_wait(*args, **kwargs):
        check(*args, **kwargs)
        passed.set()
        recalled.wait(0.5)

    def recall():
        passed.wait(30)
        actions.start_recall(lot_number="LOT-1", **WORDS, by=manager)
        recalled.set()

    monkeypatch.setattr(module, name, check_and_wait)
    at_once([call, recall])


def pack_beside_recall(monkeypatch):
    """Return whether a packed order still holds the lot after its recall."""
    product = grams(stock=2)
    order, pharmacist = factories.confirmed_order(lines=[(product, 2)]), factories.staff("Pharmacist")
    recall_beside(
        monkeypatch, delivery_rules, "check_days_are_stated", lambda: deliveries.pack_order(order=order, by=pharmacist)
    )
    return Order.objects.filter(pk=order.pk, status="packed").exists()


def hand_over_beside_recall(monkeypatch):
    """Return whether the patient has units of the recalled lot and nobody tells the patient."""
    order = factories.order(lines=[(grams(), 2)])
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
        order.units.update(place="road")
    at_door = {"order": order, "run": run, "answers": door.answers(order), "by": run.driver}
    recall_beside(monkeypatch, actions, "follow_recalls", lambda: deliveries.hand_over(**at_door))
    return order.units.with_patients().exists() and not order.patient.recalls.exists()


def test_no_order_is_packed_with_a_lot_that_is_recalled(monkeypatch):
    assert not pack_beside_recall(monkeypatch)


@on_postgres
def test_control_without_locks_an_order_is_packed_with_it(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    assert pack_beside_recall(monkeypatch)


def test_who_gets_a_lot_while_it_is_recalled_is_told(monkeypatch):
    assert not hand_over_beside_recall(monkeypatch)


@on_postgres
def test_control_without_locks_nobody_tells_who_gets_it(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    assert hand_over_beside_recall(monkeypatch)
