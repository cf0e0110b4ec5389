"""Many bookers over HTTP, against gunicorn as in production: exactly what there is is sold, and never a 500.

The suite takes one round with a few; `make drill` takes 20 rounds of 200 bookers for 20 places.
"""

import os
from collections import Counter
from functools import partial
from itertools import cycle, islice
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from accounts.backends import PortalBackend
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order
from tests import crowd, factories, servers
from tests.delivery import people
from tests.delivery.people import checkout_post, url
from tests.delivery.test_races import without_constraint, without_stock_constraints

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about a server of several processes"),
]
WINDOWS_A_DAY = [["09:30", "11:30"], ["11:30", "13:30"], ["13:30", "16:30"]]


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """The server has a clock of its own."""


def started(application):
    ours = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    server = servers.Portal(ours.geturl(), application)
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def portal(django_db_setup):
    yield from started("mmp_portal.wsgi")


@pytest.fixture(scope="module")
def unlocked(django_db_setup):
    yield from started("tests.unlocked")


@pytest.fixture
def size(request):
    """(bookers, places, rounds)"""
    return (200, 20, 20) if request.config.getoption("drill") else (24, 4, 1)


class Bookers:
    """Signed-in patients with a full cart each, and one window after the other."""

    def __init__(self, server, count, places, **product):
        people.policy(timezone.localdate(), capacity=places, windows=WINDOWS_A_DAY)
        self.product = factories.product(**{"stock": 5_000, **product})
        first = factories.patient()
        self.patients = [first, *crowd.like(first, count - 1)]
        self.visitors = visitors(server, [patient.user for patient in self.patients])
        factories.window(starts="11:30")
        self.windows = iter(DeliveryWindow.objects.filter(date__gte=factories.next_wednesday()))

    def order(self, quantity=2):
        """Let all press the button at the same moment; return the window and how often each status came."""
        crowd.fill_carts(self.patients, (self.product, quantity))
        window = next(self.windows)
        statuses = Counter(
            answer.status for answer in press(self.visitors, quantity * self.product.price_cents, window)
        )
        window.refresh_from_db()
        assert max(statuses) < 500
        return window, statuses


def visitors(server, users):
    return [crowd.Visitor(server, key) for key in crowd.sign_in(users)]


def press(visitors, seen_cents, *windows):
    """Send each visitor's order for one of the windows in turn."""

    def order(visitor, window):
        with visitor:
            return visitor.post(url("checkout"), checkout_post(window, seen_cents=seen_cents))

    return crowd.all_at_once([partial(order, *pair) for pair in zip(visitors, cycle(windows), strict=False)])


def test_bookers_over_http_get_exactly_the_places_there_are(portal, size):
    count, places, rounds = size
    bookers = Bookers(portal, count, places)
    for _round in range(rounds):
        window, statuses = bookers.order()
        assert statuses == {303: places, 200: count - places}
        assert (window.booked, window.orders.with_hold().count()) == (places, places)
    assert Order.objects.carts().count() == count - places  # an orderer who lost the race keeps the cart
    assert (rules.window_mismatches(), rules.stock_mismatches()) == ([], [])


def test_the_last_unit_is_sold_once_over_http(portal, size):
    count, _places, rounds = size
    bookers = Bookers(portal, count, count, price_cents=8000, stock=1)
    for sold in range(1, rounds + 1):
        _window, statuses = bookers.order(quantity=1)
        assert statuses == {303: 1, 200: count - 1}
        bookers.product.refresh_from_db()
        assert (bookers.product.stock, Order.objects.with_hold().count()) == (0, sold)
        actions.receive_stock(product=bookers.product, quantity=1, lot="LOT-1", by=None)


def couples(server, count):
    """Return patients and caregivers: half an ounce is left for each pair, and both have it in their carts."""
    product = factories.product(price_cents=8000, amount_mg=14_174, stock=1000)
    visiting = []
    for _couple in range(count):
        patient, caregiver = people.patient_with_caregiver(statement=factories.statement(monthly_allotment_oz="0.50"))
        users = [patient.user, PortalBackend().get_user(caregiver.user_id)]
        for user in users:
            factories.cart(patient, (product, 1), by=user)
        visiting += visitors(server, users)
    return visiting


def test_the_last_half_ounce_is_ordered_once_by_patient_or_caregiver(portal, size):
    count = size[2]
    statuses = Counter(answer.status for answer in press(couples(portal, count), 8000, factories.window()))
    assert statuses == {303: count, 200: count}
    assert set(Order.objects.with_hold().values_list("amount_mg", flat=True)) == {14_174}


# --- The same without a lock ----------------------------------------------------------------------------------------


def test_control_without_locks_more_places_are_sold_over_http(unlocked):
    with without_constraint(DeliveryWindow, "window_not_overbooked", {"booked": 0}):
        window, statuses = Bookers(unlocked, 8, 2).order()
        assert window.booked == statuses[303] > 2


def test_control_without_locks_the_last_unit_is_sold_more_than_once_over_http(unlocked):
    """Each orders for another window: in the same window the second would wait and see the new figures.

    On a busy machine four may come one after the other, so they try three times.
    """
    with without_stock_constraints():
        bookers = Bookers(unlocked, 4, 4, price_cents=8000, stock=1)
        windows = list(islice(bookers.windows, 4))
        for _try in range(3):
            crowd.fill_carts(bookers.patients, (bookers.product, 1))
            press(bookers.visitors, 8000, *windows)
            bookers.product.refresh_from_db()
            if bookers.product.stock < 0:
                return
            actions.receive_stock(product=bookers.product, quantity=1, lot="LOT-1", by=None)
        pytest.fail("In three tries the last unit was sold once each.")


def test_control_without_locks_the_last_half_ounce_is_ordered_twice_over_http(unlocked):
    two = [factories.window(factories.next_wednesday(week)) for week in (1, 2)]
    press(couples(unlocked, 1), 8000, *two)
    assert Order.objects.with_hold().filter(amount_mg=14_174).count() == 2
