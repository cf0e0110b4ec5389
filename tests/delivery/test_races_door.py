"""One order at the door twice at once, and two presses that a driver is late. Each race has a control."""

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, Order, Run
from notifications.models import Notification
from tests import factories
from tests.delivery import door
from tests.delivery.test_races import at_once, on_postgres, without_locks
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def calls_at_one_door():
    """Return two calls about one order that is under way: one hands it over, the other brings it back."""
    order = factories.order()
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    at_door = {"order": order, "run": run, "by": run.driver}
    back = {"outcome": DoorAttempt.Outcome.REFUSED, "entry_key": uuid4()}
    return [
        partial(actions.hand_over, answers=door.answers(), **at_door),
        partial(actions.return_order, **back, **at_door),
    ]


def test_an_order_is_handed_over_or_comes_back():
    results = at_once(calls_at_one_door())
    assert HandOver.objects.count() + DoorAttempt.objects.count() == 1
    assert [type(result) for result in results].count(rules.TransitionError) == 1
    assert (rules.stock_mismatches(), rules.window_mismatches()) == ([], [])


@on_postgres
def test_control_without_locks_an_order_is_handed_over_and_comes_back(monkeypatch):
    calls = calls_at_one_door()
    with without_locks(monkeypatch, all_pass="check_stated_at", parties=2):
        at_once(calls)
    assert (HandOver.objects.count(), DoorAttempt.objects.count()) == (1, 1)


def presses_that_the_driver_is_late():
    run = calls_at_one_door()[0].keywords["run"]
    return [partial(actions.tell_late, run=run, minutes=minutes, by=run.driver) for minutes in (15, 30)]


def test_two_presses_at_once_tell_the_stops_once():
    results = at_once(presses_that_the_driver_is_late())
    assert sorted(map(str, map(type, results))) == [str(rules.RunError), str(int)]
    assert Notification.objects.filter(kind="order_late").count() == 1


@on_postgres
def test_control_without_locks_both_presses_are_answered(monkeypatch):
    calls = presses_that_the_driver_is_late()
    with without_locks(monkeypatch, all_pass="check_has_remaining", parties=2):
        assert at_once(calls) == [1, 1]
