"""Many people at once. Each race has a control: without its locks and constraint, too much is sold."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.query import QuerySet
from django.utils import timezone

from accounts.backends import PortalBackend
from audit.actions import Busy
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order, Product, StockMovement
from notifications.models import Notification
from tests import crowd, factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url
from tests.guard import unguarded
from ui.errors import PortalError

pytestmark = pytest.mark.django_db(transaction=True)
on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="about row locks")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="about the lock of a file")


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def at_once(calls):
    """Run all calls together; return what each returned, or its refusal."""
    start = Barrier(len(calls))

    def run(call):
        _wait_longer_for_locks()
        start.wait(30)
        try:
            return call()
        except PortalError as error:
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
def without_locks(monkeypatch, *, all_pass, parties, rules=rules):
    """Lock no row, and let nobody write before everybody has passed the check of the `rules` named `all_pass`.

    Places are not taken in the races about stock and allotment.
    """
    everybody, check = Barrier(parties), getattr(rules, all_pass)

    def check_and_wait(*args, **kwargs):
        check(*args, **kwargs)
        everybody.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
        patch.setattr(rules, all_pass, check_and_wait)
        if all_pass in ("check_stock", "check_allotment_left"):
            patch.setattr("delivery.actions.placing.take_place", lambda window: None)
        yield


@contextmanager
def without_constraint(model, name, repair):
    """Remove a constraint as well; `repair` gives the values with which the rows satisfy it again."""
    constraint = next(candidate for candidate in model._meta.constraints if candidate.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with unguarded():
            model.objects.update(**repair)
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


@contextmanager
def without_stock_constraints():
    """Let a stock fall below 0: remove our constraint and Django's own for positive integers."""
    check = "delivery_product_stock_check"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE delivery_product DROP CONSTRAINT {check}")
    try:
        with without_constraint(Product, "product_stock_not_negative", {"stock": 0}):
            yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE delivery_product ADD CONSTRAINT {check} CHECK (stock >= 0)")


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
    """Return this many patients with a full cart each, and a window with this many places."""
    people.policy(timezone.localdate(), capacity=capacity)
    window, product = factories.window(), factories.product(stock=1000)
    assert window.capacity == capacity
    return window, product, [placing(patient, window) for patient in many(count, product)]


def many(count, product):
    """Return this many patients with two of the product in each cart."""
    first = factories.patient()
    patients = [first, *crowd.like(first, count - 1)]
    crowd.fill_carts(patients, (product, 2))
    return patients


def booked(window):
    return DeliveryWindow.objects.get(pk=window.pk).booked


# --- Places ---------------------------------------------------------------------------------------------------------


def exactly(places, window, product, results):
    assert len(orders_in(results)) == places
    refusals = [result for result in results if not isinstance(result, Order)]
    assert {type(refusal) for refusal in refusals} == {rules.WindowError}
    product.refresh_from_db()
    assert (booked(window), Order.objects.with_hold().count(), product.stock) == (places, places, 1000 - 2 * places)
    assert Notification.objects.filter(kind="order_placed").count() == places


@on_postgres
def test_50_bookers_for_10_places_give_10_orders():
    window, product, calls = bookers(50, 10)
    exactly(10, window, product, at_once(calls))


@on_postgres
def test_control_without_condition_50_bookers_overbook_10_places(monkeypatch):
    window, _product, calls = bookers(50, 10)
    monkeypatch.setattr(type(DeliveryWindow.objects.all()), "with_room", lambda self: self)
    with without_constraint(DeliveryWindow, "window_not_overbooked", {"booked": 0}):
        with without_locks(monkeypatch, all_pass="check_certification_covers", parties=50):
            results = at_once(calls)
        assert (len(orders_in(results)), booked(window)) == (50, 50)


@on_sqlite
def test_bookers_of_a_file_get_exactly_the_places_there_are(request):
    many, places = (100, 20) if request.config.getoption("drill") else (20, 5)
    window, product, calls = bookers(many, places)
    exactly(places, window, product, at_once(calls))


@on_sqlite
def test_control_deferred_transactions_find_the_file_locked(monkeypatch):
    """A check reads before the order is written. When another transaction writes in between, waiting does not help."""
    _window, _product, calls = bookers(20, 20)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    results = at_once([partial(unless_busy, call) for call in calls])
    assert any(isinstance(result, Busy) for result in results)


def unless_busy(call):
    try:
        return call()
    except Busy as error:
        return error


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
    with without_locks(monkeypatch, all_pass="check_certification_covers", parties=5):
        at_once([placing(patient, window, idempotency_key=key) for _post in range(5)])
    assert booked(window) == 5


# --- Stock ----------------------------------------------------------------------------------------------------------


def last_items(buyers):
    """Return this many patients with two of a product in each cart; four are left, and the windows have room."""
    product, window = factories.product(stock=4), factories.window()
    return product, [placing(patient, window) for patient in many(buyers, product)]


def test_10_buyers_of_the_last_items_give_two_orders():
    product, calls = last_items(10)
    results = at_once(calls)
    product.refresh_from_db()
    assert (len(orders_in(results)), product.stock) == (2, 0)
    assert {type(result) for result in results} == {Order, rules.StockError}


@on_postgres
def test_control_without_locks_10_buyers_oversell_the_last_items(monkeypatch):
    product, calls = last_items(10)
    with without_stock_constraints():
        with without_locks(monkeypatch, all_pass="check_stock", parties=10):
            results = at_once(calls)
        product.refresh_from_db()
        assert (len(orders_in(results)), product.stock) == (10, -16)


# --- Moving ---------------------------------------------------------------------------------------------------------


def moving(count, capacity):
    """Return this many orders for one window, and the next window, which has few places."""
    people.policy(timezone.localdate(), capacity=count)
    first, product = factories.window(), factories.product(stock=1000)
    orders = [factories.order(patient, into=first, lines=[(product, 2)]) for patient in many(count, product)]
    second = factories.window(starts="13:30")
    with unguarded():
        DeliveryWindow.objects.filter(pk=second.pk).update(capacity=capacity)
    return (
        first,
        second,
        [lambda order=order: actions.move_order(order=order, window=second, by=order.placed_by) for order in orders],
    )


@on_postgres
def test_of_12_orders_that_move_to_3_places_3_move_and_9_stay():
    first, second, calls = moving(12, 3)
    results = at_once(calls)
    assert len(orders_in(results)) == 3
    assert {type(result) for result in results} == {Order, rules.WindowError}
    assert (booked(first), booked(second), list(rules.window_mismatches())) == (9, 3, [])


@on_postgres
def test_control_without_locks_12_orders_overbook_3_places(monkeypatch):
    _first, second, calls = moving(12, 3)
    with without_constraint(DeliveryWindow, "window_not_overbooked", {"booked": 0, "capacity": 20}):
        with without_locks(monkeypatch, all_pass="check_window_has_room", parties=12):
            results = at_once(calls)
        assert (len(orders_in(results)), booked(second)) == (12, 12)


# --- Allotment ------------------------------------------------------------------------------------------------------


def two_carts():
    """Return a patient and a caregiver: each cart fits the allotment alone, and both together do not."""
    patient, caregiver = people.patient_with_caregiver()
    product, window = factories.product(amount_mg=40_000), factories.window()
    both = [patient.user, PortalBackend().get_user(caregiver.user_id)]
    for user in both:
        factories.cart(patient, (product, 2), by=user)
    return [placing(patient, window, by=user) for user in both]


def test_patient_and_caregiver_together_stay_within_the_allotment():
    results = at_once(two_carts())
    assert {type(result) for result in results} == {Order, rules.AllotmentError}
    assert Order.objects.with_hold().count() == 1


@on_postgres
def test_control_without_locks_patient_and_caregiver_exceed_the_allotment(monkeypatch):
    calls = two_carts()
    with without_locks(monkeypatch, all_pass="check_allotment_left", parties=2):
        results = at_once(calls)
    assert sum(order.amount_mg for order in orders_in(results)) == 160_000
