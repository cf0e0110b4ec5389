"""Many at once. Each race has a control: without its locks and constraint, too much is given."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from time import sleep
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Sum
from django.db.models.query import QuerySet
from django.utils import timezone

from accounts.backends import PortalBackend
from certification.actions import withdraw_certification
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order, Product, StockMovement
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="about row locks")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="about the lock of a file")


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """These run on the real clock: threads share the one that is stopped."""


def at_once(calls):
    """Run all the calls together; what each returned, or the refusal it met."""
    start = Barrier(len(calls))

    def run(call):
        _wait_longer_for_locks()
        start.wait(30)
        try:
            return call()
        except rules.DeliveryError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def _wait_longer_for_locks():
    """A slow machine must not turn a queue of 50 into "somebody else is changing this"."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '60s'")


def orders_in(results):
    return [result for result in results if isinstance(result, Order)]


@contextmanager
def without_locks(monkeypatch, *, all_pass, parties):
    """No row is locked, and nobody writes before everybody has passed the check named `all_pass`."""
    everybody, check = Barrier(parties), getattr(rules, all_pass)

    def check_and_wait(*args, **kwargs):
        check(*args, **kwargs)
        everybody.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
        patch.setattr(rules, all_pass, check_and_wait)
        yield


@contextmanager
def without_constraint(model, name, repair):
    """The last defence, too; `repair` gives the values with which the rows satisfy it again."""
    constraint = next(one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with unguarded():
            model.objects.update(**repair)
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


def placing(patient, window, by=None, **over):
    asked = {
        "patient": patient,
        "window": window,
        "address": factories.address(),
        "payment_method": "cash",
        "seen_cents": 8000,
        "idempotency_key": uuid4(),
        "by": by or patient.user,
        **over,
    }
    return lambda: actions.place_order(**asked)


def bookers(count, capacity):
    """So many patients, each with a full cart, before a window with so many places."""
    people.policy(timezone.localdate(), capacity=capacity)
    window, product = factories.window(), factories.product(stock=1000)
    assert window.capacity == capacity
    physician = factories.identified_physician()
    calls = []
    for _person in range(count):
        patient = factories.certification(physician).patient
        factories.cart(patient, (product, 2))
        calls.append(placing(patient, window))
    return window, product, calls


def booked(window):
    return DeliveryWindow.objects.get(pk=window.pk).booked


# --- Places ---------------------------------------------------------------------------------------------------------


def exactly(places, window, product, results):
    assert len(orders_in(results)) == places
    refusals = [result for result in results if not isinstance(result, Order)]
    assert {type(refusal) for refusal in refusals} == {rules.WindowError}
    product.refresh_from_db()
    assert (booked(window), Order.objects.holding().count(), product.stock) == (places, places, 1000 - 2 * places)
    assert Notification.objects.filter(kind="order_placed").count() == places


@on_postgres
def test_50_bookers_for_10_places_give_10_orders():
    window, product, calls = bookers(50, 10)
    exactly(10, window, product, at_once(calls))


@on_postgres
def test_control_without_locks_50_bookers_overbook_10_places(monkeypatch):
    window, _product, calls = bookers(50, 10)
    with without_constraint(DeliveryWindow, "window_not_overbooked", {"booked": 0}):
        with without_locks(monkeypatch, all_pass="check_window_has_room", parties=50):
            results = at_once(calls)
        assert (len(orders_in(results)), booked(window)) == (50, 50)


@on_sqlite
def test_20_bookers_for_5_places_give_5_orders_in_a_file():
    window, product, calls = bookers(20, 5)
    exactly(5, window, product, at_once(calls))


# --- The same form, many times --------------------------------------------------------------------------------------


def test_20_equal_posts_give_one_order():
    patient, window = factories.patient(), factories.window()
    factories.cart(patient)
    clients = [factories.client_for(patient.user) for _post in range(20)]
    data = checkout_post(window)
    responses = at_once([lambda client=client: client.post(url("checkout"), data) for client in clients])
    order = Order.objects.get()
    assert {(response.status_code, response.url) for response in responses} == {
        (303, url("order-detail", order.number))
    }
    assert (booked(window), StockMovement.objects.filter(kind="reserved").count()) == (1, 1)


@on_postgres
def test_control_without_locks_equal_posts_take_more_than_one_place(monkeypatch):
    patient, window, key = factories.patient(), factories.window(), uuid4()
    factories.cart(patient)
    with without_locks(monkeypatch, all_pass="check_window_has_room", parties=5):
        at_once([placing(patient, window, idempotency_key=key) for _post in range(5)])
    assert booked(window) == 5


# --- Stock ----------------------------------------------------------------------------------------------------------


def last_items(buyers):
    """So many patients, each with two of a product of which four are left, in windows with room."""
    product, window = factories.product(stock=4), factories.window()
    calls = []
    for _person in range(buyers):
        patient = factories.patient()
        factories.cart(patient, (product, 2))
        calls.append(placing(patient, window))
    return product, calls


def test_10_buyers_of_the_last_items_give_two_orders():
    product, calls = last_items(10)
    results = at_once(calls)
    product.refresh_from_db()
    assert (len(orders_in(results)), product.stock) == (2, 0)
    assert {type(result) for result in results} == {Order, rules.StockError}


@on_postgres
def test_control_without_locks_10_buyers_oversell_the_last_items(monkeypatch):
    product, calls = last_items(10)
    with connection.cursor() as cursor:  # beside ours, Django's own check of a positive integer
        cursor.execute("ALTER TABLE delivery_product DROP CONSTRAINT delivery_product_stock_check")
    with without_constraint(Product, "product_stock_not_negative", {"stock": 0}):
        with without_locks(monkeypatch, all_pass="check_stock", parties=10):
            results = at_once(calls)
        product.refresh_from_db()
        assert (len(orders_in(results)), product.stock) == (10, -16)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery_product ADD CONSTRAINT delivery_product_stock_check CHECK (stock >= 0)")


# --- Moving ---------------------------------------------------------------------------------------------------------


def moving(count, capacity):
    """So many orders for one window, each of which wants a place of the next, which has few."""
    people.policy(timezone.localdate(), capacity=count)
    first, product, physician = factories.window(), factories.product(stock=1000), factories.identified_physician()
    orders = [
        factories.order(factories.certification(physician).patient, into=first, lines=[(product, 2)])
        for _order in range(count)
    ]
    second = factories.window(starts="13:30")
    with unguarded():
        DeliveryWindow.objects.filter(pk=second.pk).update(capacity=capacity)
    return (
        first,
        second,
        [lambda order=order: actions.move_order(order=order, window=second, by=order.placed_by) for order in orders],
    )


@on_postgres
def test_12_who_move_to_3_places_give_3_and_9_stay():
    first, second, calls = moving(12, 3)
    results = at_once(calls)
    assert len(orders_in(results)) == 3
    assert {type(result) for result in results} == {Order, rules.WindowError}
    assert (booked(first), booked(second), list(rules.window_mismatches())) == (9, 3, [])


@on_postgres
def test_control_without_locks_12_who_move_overbook_3_places(monkeypatch):
    _first, second, calls = moving(12, 3)
    with without_constraint(DeliveryWindow, "window_not_overbooked", {"booked": 0, "capacity": 20}):
        with without_locks(monkeypatch, all_pass="check_window_has_room", parties=12):
            results = at_once(calls)
        assert (len(orders_in(results)), booked(second)) == (12, 12)


# --- Allotment ------------------------------------------------------------------------------------------------------


def two_carts():
    """Patient and caregiver, each with a cart that fits the allotment alone and not beside the other."""
    patient, caregiver = people.patient_with_caregiver()
    product, window = factories.product(amount_mg=40_000), factories.window()
    both = [patient.user, PortalBackend().get_user(caregiver.user_id)]
    for user in both:
        factories.cart(patient, (product, 2), by=user)
    return [placing(patient, window, by=user) for user in both]


def test_patient_and_caregiver_together_stay_within_the_allotment():
    results = at_once(two_carts())
    assert {type(result) for result in results} == {Order, rules.AllotmentError}
    assert Order.objects.holding().count() == 1


@on_postgres
def test_control_without_locks_patient_and_caregiver_exceed_the_allotment(monkeypatch):
    calls = two_carts()
    with without_locks(monkeypatch, all_pass="check_allotment_left", parties=2):
        results = at_once(calls)
    assert sum(order.amount_mg for order in orders_in(results)) == 160_000


# --- A withdrawal beside an order ------------------------------------------------------------------------------------


def withdraw_while_placing():
    """The physician withdraws at the moment when her patient orders; what became of the order, if any."""
    certification = factories.certification()
    patient, physician = certification.patient, certification.physician
    window, product = factories.window(), factories.product(stock=1000)
    factories.cart(patient, (product, 2))
    at_once(
        [
            placing(patient, window),
            lambda: withdraw_certification(certification=certification, reason="Moved away.", by=physician.user),
        ]
    )
    order = Order.objects.placed().first()
    return order and order.status, booked(window)


def slow_down_placing(monkeypatch):
    """Time between the last check of an order and its writing."""
    check = rules.check_certification_covers

    def check_slowly(*args, **kwargs):
        check(*args, **kwargs)
        sleep(0.3)

    monkeypatch.setattr(rules, "check_certification_covers", check_slowly)


def test_no_order_stands_beside_a_withdrawal(monkeypatch):
    slow_down_placing(monkeypatch)
    assert withdraw_while_placing() in {(None, 0), ("cancelled", 0)}


@on_postgres
def test_control_without_locks_an_order_stands_without_a_certification(monkeypatch):
    slow_down_placing(monkeypatch)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    assert withdraw_while_placing() == ("placed", 1)


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
    monkeypatch.setattr("audit.actions._is_lock_trouble", lambda error: False)
    results = at_once(
        [
            lambda: withdraw_certification(certification=certification, reason="Moved away.", by=physician.user),
            placing(other.patient, windows[0]),
        ]
    )
    assert Order.objects.holding().get() in results


# --- Cancelling -----------------------------------------------------------------------------------------------------


def test_an_order_cancelled_many_times_gives_back_once():
    order = factories.order()
    by = order.placed_by
    results = at_once([lambda: actions.cancel_order(order=order, by=by) for _time in range(8)])
    assert len(orders_in(results)) == 8
    assert (booked(order.window), StockMovement.objects.filter(kind="released").count()) == (0, 1)


@on_postgres
def test_control_without_locks_an_order_gives_back_more_than_once(monkeypatch):
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
            lambda: actions.confirm_order(order=order, by=staff),
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
def test_control_without_locks_an_order_is_confirmed_that_gave_its_place_back(monkeypatch):
    check = rules.check_transition

    def confirm_last(order, to):
        check(order, to)
        if to == Order.Status.CONFIRMED:
            sleep(0.3)

    monkeypatch.setattr(rules, "check_transition", confirm_last)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    order = confirm_and_cancel_at_once()
    assert (order.status, booked(order.window)) == ("confirmed", 0)
