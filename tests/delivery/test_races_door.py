"""One order at the door twice at once: it is handed over or comes back, never both. The race has a control."""

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, Order, Run
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
        partial(actions.hand_over, answers=door.answers(order), **at_door),
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
