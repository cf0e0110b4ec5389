"""With which orders the list begins for each group; a Driver sees those to be driven soon, and searches no others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from delivery import actions
from delivery.models import Order
from pages.context_processors import bar_of
from tests import factories
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ORDERS = reverse("admin:delivery_order_changelist")


def page(order):
    return reverse("admin:delivery_order_change", args=[order.pk])


def shown(client, **query):
    return list(client.get(ORDERS, query).context["cl"].result_list)


@shared
def account():
    return factories.staff("Driver")


@shared
def confirmed(account):
    return in_run_of(account, factories.order())


@shared
def driver(account):
    return factories.client_for(account)


def in_run_of(account, order):
    """Return the order after a Pharmacist has confirmed it and a Manager has put it into a run of this driver."""
    factories.confirm(order, by=factories.staff("Pharmacist"))
    actions.make_run(window=order.window, orders=[order], driver=account, by=factories.staff("Manager"))
    return Order.objects.get(pk=order.pk)


def test_a_driver_sees_confirmed_orders_of_own_runs_of_the_next_days_alone(account, driver, confirmed):
    waiting, theirs = factories.order(), in_run_of(factories.staff("Driver"), factories.order())
    later = in_run_of(account, factories.order(into=factories.window(factories.next_wednesday(weeks=2))))
    assert shown(driver) == [confirmed]
    assert driver.get(page(confirmed)).status_code == 200
    for other in (waiting, theirs, later):
        response = driver.get(page(other), follow=True)
        assert response.request["PATH_INFO"] == reverse("admin:index")
        assert other.patient.name not in response.content.decode()


@pytest.mark.parametrize(("days", "is_seen"), [(-1, False), (0, True), (7, True), (8, False)])
def test_orders_of_today_and_seven_days_ahead_are_to_be_driven(account, confirmed, days, is_seen):
    today = confirmed.window.date - timedelta(days=days)
    assert list(Order.objects.for_drivers(today, account)) == ([confirmed] if is_seen else [])


def test_a_driver_finds_nothing_by_search_or_filter(driver, confirmed):
    past = factories.order()
    found = driver.post(ORDERS, {"q": past.number}, follow=True)
    assert list(found.context["cl"].result_list) == [confirmed]
    assert b"changelist-search" not in driver.get(ORDERS).content
    assert driver.get(ORDERS, {"status": "all"}).url == ORDERS


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        (["Pharmacist"], "placed"), (["Manager"], "placed"), (["Auditor"], "placed"), (["Technician"], "confirmed"),
        (["Technician", "Pharmacist"], "placed"), (["Technician", "Driver"], "confirmed"),
    ],
)  # fmt: skip
def test_the_list_begins_with_the_orders_that_wait_for_the_reader(groups, status, confirmed):
    orders = {"placed": [factories.order()], "confirmed": [confirmed]}
    client = factories.client_for(factories.staff(*groups))
    assert shown(client) == orders[status]
    for chosen, listed in orders.items():
        assert shown(client, status=chosen) == listed


def test_the_orders_to_pack_begin_with_those_of_the_nearest_day():
    in_a_week = factories.window(factories.next_wednesday(weeks=2))
    later, afternoon, morning = (
        factories.confirmed_order(into=window) for window in (in_a_week, factories.window(starts="13:30"), None)
    )
    assert shown(factories.client_for(factories.staff("Technician"))) == [morning, afternoon, later]


@pytest.mark.parametrize("group", ["Pharmacist", "Manager", "Technician", "Driver"])
def test_the_bar_counts_the_orders_with_which_the_list_begins(group, account, confirmed):
    factories.order(), factories.order(), factories.packed_order()
    reader = account if group == "Driver" else factories.staff(group)
    count = 1 if group in ("Technician", "Driver") else 2
    assert bar_of(reader).counts["orders"] == count == len(shown(factories.client_for(reader)))


@pytest.mark.parametrize("group", ["Pharmacist", "Technician"])
def test_the_count_of_the_bar_reads_the_index_of_the_orders_alone(group, confirmed):
    reader = User.objects.get(pk=factories.staff(group).pk)
    with CaptureQueriesContext(connection) as caught:
        bar_of(reader)
    (bar,) = [query["sql"] for query in caught if "delivery_order" in query["sql"]]
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgres:  # which reads a table of three rows whole, whatever indexes it has
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'' if is_postgres else 'QUERY PLAN'} {bar}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert ("Index Only Scan using order_waiting" if is_postgres else "COVERING INDEX order_waiting") in plan


def test_who_may_open_no_orders_has_no_count_of_orders(confirmed):
    assert "orders" not in bar_of(factories.staff("Registrar")).counts


@pytest.mark.parametrize("group", ["Pharmacist", "Technician", "Manager", "Auditor"])
def test_staff_who_work_on_orders_see_and_find_all_orders(group, confirmed):
    waiting, client = factories.order(), factories.client_for(factories.staff(group))
    assert set(shown(client, status="all")) == {waiting, confirmed}
    found = client.post(ORDERS, {"q": confirmed.number}, follow=True)
    assert list(found.context["cl"].result_list) == [confirmed]


def test_a_drivers_day_is_the_day_in_new_york(account, confirmed, time_machine):
    time_machine.move_to(confirmed.window.ends_at, tick=False)
    assert timezone.localdate() == confirmed.window.date
    assert shown(factories.client_for(account)) == [confirmed]
