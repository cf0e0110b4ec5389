"""A window is planned while a person changes its runs, and by two workers. The race has a control."""

from functools import partial
from threading import Thread

import pytest
from django.db import connection
from django.db.models.query import QuerySet

from delivery import actions, rules
from delivery.models import Order, Run, WindowPlan
from tests import factories
from tests.delivery.test_planning import MILFORD, order_to
from tests.delivery.test_races import at_once, on_postgres

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 1  # seconds that the other change has before the plan goes on


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


@pytest.fixture(autouse=True)
def without_the_package(monkeypatch):
    """These tests are about locks: the nearest next takes no time."""
    monkeypatch.setattr("delivery.actions.planning.find_spec", lambda name: None)


def asked():
    """Return an order, a run of its window that is not planned, and a Manager; there is a plan to be made."""
    manager, order = factories.staff("Manager"), order_to()
    run = actions.make_run(window=order.window, driver=factories.staff("Driver"), by=manager)
    order_to(MILFORD)
    with pytest.MonkeyPatch.context() as patch:  # the test is the worker
        patch.setattr("delivery.actions.planning._wake_worker", lambda: None)
        actions.ask_plan(window=order.window, crews=[(factories.staff("Driver"), "")], by=manager)
    return order, run, manager


def planned_while(change, monkeypatch):
    """Plan, and let `change` begin between the check and the writing; return when both are over."""
    threads = []

    def changed_meanwhile(before, now):
        if not threads:
            threads.append(Thread(target=closing(change)))
            threads[0].start()
            threads[0].join(PATIENCE)
        return before != now

    monkeypatch.setattr(rules, "is_outdated", changed_meanwhile)
    actions.plan_windows(by=None)
    threads[0].join(30)


def closing(change):
    def run():
        try:
            change()
        finally:
            connection.close()

    return run


def test_what_a_person_puts_into_a_run_meanwhile_stays_there(monkeypatch):
    order, other, manager = asked()
    planned_while(partial(actions.assign_run, orders=[order], run=other, by=manager), monkeypatch)
    order.refresh_from_db()
    assert (order.run, order.kept) == (other, Order.Kept.RUN)


@on_postgres
def test_control_without_locks_the_plan_takes_it_away_again(monkeypatch):
    order, other, manager = asked()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    planned_while(partial(actions.assign_run, orders=[order], run=other, by=manager), monkeypatch)
    order.refresh_from_db()
    assert order.run != other


def test_two_workers_make_one_plan():
    order, _other, manager = asked()
    at_once([partial(actions.plan_windows, by=None)] * 2)
    assert Run.objects.filter(orders=order).count() == 1
    assert Run.objects.count() == 2
    assert WindowPlan.objects.get().outcome == WindowPlan.Outcome.NEAREST
