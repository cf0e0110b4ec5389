"""Pages ask as many statements and read as many rows however many orders or patients there are (bench/growth.py)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delivery.presenters.addresses import latest_orders
from tests import factories
from tests.delivery.people import copy
from tests.guard import unguarded
from ui.prepared import Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def spent(monkeypatch):
    """Return a function that opens an address and returns the statements of the page and the rows they read."""
    read = []
    rows = Prepared.rows
    monkeypatch.setattr(Prepared, "rows", lambda self, **values: read.append(rows(self, **values)) or read[-1])

    def opened(client, address):
        client.get(address)  # the first look may begin a session
        read.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries), sum(map(len, read))

    return opened


def test_my_orders_and_checkout_read_no_more_with_more_orders(spent):
    order = factories.order()
    factories.cart(order.patient)
    copy(order, times=55)
    client = factories.client_for(order.patient.user)
    few = {address: spent(client, address) for address in ("/delivery/orders/", "/delivery/checkout/")}
    copy(order, times=100, first=1000)
    assert {address: spent(client, address) for address in few} == few


def test_home_reads_one_delivered_order_of_many(spent):
    order = factories.order()
    client = factories.client_for(order.patient.user)
    with unguarded():
        type(order).objects.filter(pk=order.pk).update(
            status="delivered", confirmed_at=order.placed_at, packed_at=order.placed_at, ended_at=order.placed_at,
            predates_review=True,
        )  # fmt: skip
    order.refresh_from_db()
    few = spent(client, "/home/")
    copy(order, times=20)
    statements, rows = spent(client, "/home/")
    assert statements == few[0]
    # The ledger reads what counts of the allotment this month; a copy, which is the last order now, has no line.
    assert rows == few[1] + 20 - 1


def test_the_list_of_an_office_reads_a_page(spent):
    physician = factories.identified_physician()
    first = factories.certification(physician)
    client = factories.client_for(physician.user)
    factories.copies(first, 60)
    few = {address: spent(client, address) for address in ("/certification/", "/certification/start/")}
    factories.copies(first, 60)
    assert {address: spent(client, address) for address in few} == few


def test_the_latest_orders_of_a_patient_come_out_of_an_index():
    if connection.vendor != "postgresql":
        pytest.skip("reads plans of PostgreSQL")
    order = factories.order()
    copy(order, times=300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE delivery_order")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    with CaptureQueriesContext(connection) as caught:
        assert len(latest_orders(order.patient)) == 50
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {caught[-1]['sql']}")
        plan = "\n".join(row for (row,) in cursor.fetchall())
    assert "order_of_patient" in plan and "Sort" not in plan
