"""One order at the door twice at once: it is handed over or comes back, never both. The race has a control."""

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, IdDifference, Order, Run
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


def decisions_about_one_photo_id():
    """Return two calls about one order: a pharmacist allows its photo ID, another one does not."""
    order = factories.order()
    door.run_of(order)
    with unguarded():
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    said = {"order": order, "received_by": "patient", "words": "Another name.", "reason": "Looked.", "is_allowed": True}
    pharmacists = [factories.staff("Pharmacist") for _two in range(2)]
    with unguarded():
        order.id_differences.create(
            received_by="patient", found="scan", words="?", raised_at=timezone.now(), raised_by=order.placed_by
        )
    return [partial(actions.decide_id_difference, **said, by=by) for by in pharmacists]


def test_a_question_about_a_photo_id_is_answered_once():
    """The second decision is a row of its own: no decision is overwritten."""
    at_once(decisions_about_one_photo_id())
    assert IdDifference.objects.filter(is_allowed=True).values("decided_by").distinct().count() == 2


@on_postgres
def test_control_without_locks_a_decision_is_overwritten(monkeypatch):
    calls = decisions_about_one_photo_id()
    with without_locks(monkeypatch, all_pass="check_decision", parties=2):
        at_once(calls)
    assert IdDifference.objects.count() == 1


def refused_parts_taken_in_twice():
    order = factories.order(lines=[(factories.product(price_cents=4000), 2)])
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    line = order.lines.get()
    answers = door.answers(order, refused=((line.pk, 1),), cash_cents=4000)
    actions.hand_over(order=order, run=run, answers=answers, by=run.driver)
    technicians = [factories.staff("Technician") for _two in range(2)]
    return [partial(actions.take_in_refused, order=order, by=by) for by in technicians]


def test_what_was_refused_is_taken_in_once():
    results = at_once(refused_parts_taken_in_twice())
    assert [type(result) for result in results].count(rules.TransitionError) == 1
    order = Order.objects.get()
    assert (order.amount_mg, order.movements.held().total()) == (order.lines.get().amount_mg, 0)
    assert rules.stock_mismatches() == []


@on_postgres
def test_control_without_locks_it_is_taken_in_twice(monkeypatch):
    calls = refused_parts_taken_in_twice()
    with without_locks(monkeypatch, all_pass="check_may_take_in_refused", parties=2):
        results = at_once(calls)
    assert [type(result) for result in results] == [Order, Order]
