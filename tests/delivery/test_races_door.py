"""One order at the door twice at once: it is handed over or comes back, never both.

What comes back is decided once, and an item is corrected once. Each race has a control.
"""

from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import Event
from delivery import actions, rules
from delivery.models import (
    DoorAttempt,
    HandOver,
    HandOverCorrection,
    IdDifference,
    Order,
    Product,
    ReturnDecision,
    ReturnedItem,
    Run,
)
from tests import factories
from tests.delivery import door
from tests.delivery.test_races import at_once, on_postgres, without_constraint, without_locks
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
    """Return two calls about one order: two pharmacists allow its photo ID."""
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
    """Return two calls: two technicians take in what was refused of one order."""
    order = factories.order(lines=[(factories.product(price_cents=4000), 2)])
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    answers = door.answers(order, refused=((order.lines.get().pk, 1),), cash_cents=4000)
    actions.hand_over(order=order, run=run, answers=answers, by=run.driver)
    return [partial(actions.take_in, order=order, by=factories.staff("Technician")) for _two in range(2)]


def test_what_was_refused_is_taken_in_once():
    at_once(refused_parts_taken_in_twice())
    order = Order.objects.get()
    assert Event.objects.filter(action="order.take_in").count() == 1
    assert (order.amount_mg, order.movements.held().total()) == (order.lines.get().amount_mg, 0)
    assert rules.stock_mismatches() == []


@on_postgres
def test_control_without_locks_what_was_refused_is_taken_in_twice(monkeypatch):
    calls = refused_parts_taken_in_twice()
    with without_locks(monkeypatch, all_pass="check_may_take_in", parties=2):
        at_once(calls)
    assert Event.objects.filter(action="order.take_in").count() == 2


def decisions_about_one_item():
    """Return two calls about two items of one lot that came back: each puts both of them back for sale."""
    order = factories.order()
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    actions.return_order(order=order, run=run, outcome=DoorAttempt.Outcome.REFUSED, entry_key=uuid4(), by=run.driver)
    actions.take_in(order=order, by=factories.staff("Technician"))
    asked = {"item": ReturnedItem.objects.get(), "kind": "restocked", "quantity": 2, "reason": "Sealed."}
    return [
        partial(actions.decide_returned, entry_key=uuid4(), by=factories.staff(group), **asked)
        for group in ("Pharmacist", "Manager")
    ]


def test_what_came_back_is_put_back_once():
    results = at_once(decisions_about_one_item())
    assert (ReturnDecision.objects.count(), Product.objects.get().stock) == (1, 50)
    assert [type(result) for result in results].count(rules.QuantityError) == 1
    assert rules.stock_mismatches() == []


@on_postgres
def test_control_without_locks_what_came_back_is_put_back_twice(monkeypatch):
    calls = decisions_about_one_item()
    with without_locks(monkeypatch, all_pass="check_waits", parties=2):
        at_once(calls)
    assert (ReturnDecision.objects.count(), Product.objects.get().stock) == (2, 52)


def corrections_of_one_line():
    """Return two calls about one hand-over for $80: each gives all of it back in cash, from a page of its own."""
    order = factories.order()
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    handed = actions.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver)
    line = order.lines.select_related("product").get()
    everything = rules.LineCorrection(line=line, kind="refund", quantity=2, goods="kept")
    asked = {"hand_over": handed, "lines": [everything], "method": "cash", "reason": "Broken.", "seen": 0}
    return [
        partial(actions.correct_hand_over, entry_key=uuid4(), by=factories.staff(group), **asked)
        for group in ("Pharmacist", "Manager")
    ]


def refunds_and_expected():
    run = Run.objects.get()
    return HandOverCorrection.objects.count(), rules.takings_of(run).expected_cash_cents


def test_an_item_is_refunded_once():
    results = at_once(corrections_of_one_line())
    assert refunds_and_expected() == (1, 0)
    assert [type(result) for result in results].count(rules.CorrectionError) == 1


@on_postgres
def test_control_without_lock_and_constraint_an_item_is_refunded_twice(monkeypatch):
    calls = corrections_of_one_line()
    with without_constraint(HandOverCorrection, "correction_of_an_item_once", {"corrected_before": 0}):
        with without_locks(monkeypatch, all_pass="check_is_as_seen", parties=2):
            at_once(calls)
        assert refunds_and_expected() == (2, -8000)
        with unguarded():
            HandOverCorrection.objects.first().delete()


def refund_and_settlement():
    """Return two calls: one gives $80 back out of the cash of a run, the other counts that cash as $80."""
    refund = corrections_of_one_line()[0]
    settle = partial(actions.settle_run, cash_counted_cents=8000, by=factories.staff("Manager"))
    return [refund, partial(settle, run=Run.objects.get())]


def test_a_refund_is_in_the_count_of_the_run_or_paid_by_the_till():
    at_once(refund_and_settlement())
    run, refund = Run.objects.get(), HandOverCorrection.objects.get()
    assert (run.cash_counted_cents, refund.run) in ((8000, None), (None, run))


@on_postgres
def test_control_without_locks_a_refund_changes_the_count_of_a_settled_run(monkeypatch):
    calls = refund_and_settlement()
    everybody = Barrier(2)

    def wait_for_the_other(check):
        def checked(*args, **kwargs):
            check(*args, **kwargs)
            everybody.wait(30)

        return checked

    for name in ("check_corrections", "check_difference_has_reason"):
        monkeypatch.setattr(rules, name, wait_for_the_other(getattr(rules, name)))
    with without_locks(monkeypatch, all_pass="check_answer", parties=1):
        at_once(calls)
    run, refund = Run.objects.get(), HandOverCorrection.objects.get()
    assert (run.cash_counted_cents, refund.run) == (8000, run)
