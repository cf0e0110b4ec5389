"""Orders that end while another action decides about them. Each race has a control."""

from threading import Event, Thread
from time import sleep

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.query import QuerySet
from django.utils import timezone

from accounts.backends import PortalBackend
from audit.actions import Busy
from certification.actions import end_caregiver, withdraw_certification
from delivery import actions, rules
from delivery.models import Order, StockMovement
from tests import factories
from tests.delivery import people
from tests.delivery.test_races import at_once, booked, on_postgres, orders_in, placing, without_locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


# --- A withdrawal beside an order ------------------------------------------------------------------------------------


def withdraw_while_placing(monkeypatch, *, patience):
    """Withdraw the certification between the last check of an order and its writing; return what became of the order.

    The writing waits up to `patience` seconds for the withdrawal.
    """
    certification = factories.certification()
    patient, physician = certification.patient, certification.physician
    window, product = factories.window(), factories.product(stock=1000)
    factories.cart(patient, (product, 2))
    checked, withdrawn, check = Event(), Event(), rules.check_certification_covers

    def check_and_wait(*args):
        check(*args)
        checked.set()
        withdrawn.wait(patience)

    def withdraw():
        checked.wait(30)
        withdraw_certification(certification=certification, reason="Moved away.", by=physician.user)
        withdrawn.set()

    monkeypatch.setattr(rules, "check_certification_covers", check_and_wait)
    at_once([placing(patient, window), withdraw])
    return Order.objects.placed().get().status, booked(window)


def test_no_order_is_left_after_a_withdrawal(monkeypatch):
    assert withdraw_while_placing(monkeypatch, patience=0.3) == ("cancelled", 0)


@on_postgres
def test_control_without_locks_an_order_is_left_without_a_certification(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    assert withdraw_while_placing(monkeypatch, patience=30) == ("placed", 1)


def test_no_order_of_a_caregiver_is_left_after_the_assignment_ends(monkeypatch):
    """The caregiver presses the button while the end of the assignment is being written; the check reads after it."""
    patient, caregiver = people.patient_with_caregiver()
    certification, window, caregivers_account = (
        patient.certifications.get(),
        factories.window(),
        PortalBackend().get_user(caregiver.user_id),
    )
    factories.cart(patient, by=caregivers_account)
    is_ending = Event()

    def check_slowly(*_args, **_kwargs):
        is_ending.set()
        sleep(0.5)

    def place():
        is_ending.wait(30)
        return placing(patient, window, by=caregivers_account)()

    def end():
        end_caregiver(certification=certification, reason="Recovered.", by=certification.physician.user)

    monkeypatch.setattr("certification.rules.check_may_do_without_caregiver", check_slowly)
    results = at_once([end, place])
    assert [type(result) for result in results] == [type(None), rules.OrdererError]
    assert not Order.objects.placed().exists()


@on_postgres
def test_a_withdrawal_and_an_order_into_the_same_window_need_no_second_try(monkeypatch):
    """Both lock orders, then windows, then products: no deadlock that a retry would have to hide."""
    physician = factories.identified_physician()
    certification, other = factories.certification(physician), factories.certification(physician)
    product, windows = (
        factories.product(stock=1000),
        [factories.window(factories.next_wednesday(weeks)) for weeks in (0, 1)],
    )
    for window in windows:
        factories.order(certification.patient, into=window, lines=[(product, 2)])
    factories.cart(other.patient, (product, 2))
    monkeypatch.setattr("audit.actions.is_lock_trouble", lambda error: False)
    results = at_once(
        [
            lambda: withdraw_certification(certification=certification, reason="Moved away.", by=physician.user),
            placing(other.patient, windows[0]),
        ]
    )
    assert Order.objects.with_hold().get() in results


# --- Cancelling -----------------------------------------------------------------------------------------------------


def test_an_order_cancelled_many_times_releases_its_hold_once():
    order = factories.order()
    by = order.placed_by
    results = at_once([lambda: actions.cancel_order(order=order, by=by) for _time in range(8)])
    assert len(orders_in(results)) == 8
    assert (booked(order.window), StockMovement.objects.filter(kind="released").count()) == (0, 1)


@on_postgres
def test_control_without_locks_an_order_releases_its_hold_more_than_once(monkeypatch):
    order = factories.order()
    for _other in range(4):
        factories.order()
    by = order.placed_by
    with without_locks(monkeypatch, all_pass="check_may_cancel", parties=4):
        at_once([lambda: actions.cancel_order(order=order, by=by) for _time in range(4)])
    assert booked(order.window) == 1  # how much stock comes back hangs on who reads the movements first


def confirm_and_cancel_at_once():
    order, staff = factories.order(), factories.staff("Pharmacist")
    by = order.placed_by
    results = at_once(
        [
            lambda: factories.confirm(order, by=staff),
            lambda: actions.cancel_order(order=order, by=by),
        ]
    )
    order.refresh_from_db()
    assert len(results) == 2
    return order


def test_an_order_is_confirmed_or_cancelled_and_never_both():
    order = confirm_and_cancel_at_once()
    assert order.status == "cancelled"  # after a confirmation too, until the cut-off
    held = StockMovement.objects.filter(order=order).aggregate(Sum("quantity"))["quantity__sum"]
    assert (booked(order.window), held) == (0, 0)  # confirming first writes a pair of its own, for the lot


@on_postgres
def test_control_without_locks_an_order_without_a_place_is_confirmed(monkeypatch):
    read, cancelled, check, cancel = Event(), Event(), rules.check_move, actions.cancel_order

    def check_in_turns(verb, order):
        check(verb, order)
        if verb == "confirm":
            read.set()
            cancelled.wait(30)
        read.wait(30)

    def cancel_and_say_so(**arguments):
        cancel(**arguments)
        cancelled.set()

    monkeypatch.setattr(rules, "check_move", check_in_turns)
    monkeypatch.setattr(actions, "cancel_order", cancel_and_say_so)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    order = confirm_and_cancel_at_once()
    assert (order.status, booked(order.window)) == ("confirmed", 0)


# --- Many orders, of which somebody holds one -----------------------------------------------------------------------


@on_postgres
def test_an_order_that_somebody_holds_is_named_and_the_others_are_confirmed():
    pharmacist, orders = factories.staff("Pharmacist"), people.orders_of_many(3)
    is_held, may_go = Event(), Event()

    def hold():
        with transaction.atomic():
            Order.objects.select_for_update().get(pk=orders[1].pk)
            is_held.set()
            may_go.wait(20)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    try:
        is_held.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        refusals = actions.confirm_orders(orders=orders, monitoring_reviewed_date=timezone.localdate(), by=pharmacist)
    finally:
        may_go.set()
        holder.join(20)
        connection.close()
    assert {pk: type(refusal) for pk, refusal in refusals.items()} == {orders[1].pk: Busy}
    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == ["confirmed", "placed", "confirmed"]
