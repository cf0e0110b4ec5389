"""With which orders the list of staff begins, and what the bar counts, for each group."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from pages.context_processors import bar_of
from tests import factories
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ORDERS = reverse("admin:delivery_order_changelist")


def shown(client, **query):
    return list(client.get(ORDERS, query).context["cl"].result_list)


@shared
def confirmed():
    return factories.confirmed_order()


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


@pytest.mark.parametrize(("group", "count"), [("Pharmacist", 2), ("Manager", 2), ("Technician", 1)])
def test_the_bar_counts_the_orders_with_which_the_list_begins(group, count, confirmed):
    factories.order(), factories.order(), factories.packed_order()
    reader = factories.staff(group)
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


@pytest.mark.parametrize("group", ["Registrar", "Driver"])
def test_who_may_open_no_orders_has_no_count_of_orders(group, confirmed):
    assert "orders" not in bar_of(factories.staff(group)).counts
