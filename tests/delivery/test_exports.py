"""The lists of the admin as CSV and XLSX: what is in a file, what it is called, who gets it, and how it is sent."""

import csv
import io
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils import timezone

from audit import action_admin, exports
from audit.models import Event
from audit.secret_columns import is_secret
from delivery import actions
from delivery.models import AllotmentEntry, HandOver, Order, Run, StockMovement
from tests import factories
from tests.delivery.door import answers, run_of, under_way
from tests.guard import unguarded
from tests.shared import shared
from tests.ui.test_workbooks import rows_of_workbook

pytestmark = pytest.mark.django_db
ORDERS = reverse("admin:delivery_order_changelist")
MOVEMENTS = reverse("admin:delivery_stockmovement_changelist")
PERSONAL = {"first_name", "last_name", "birth_date", "street", "unit", "zip_code", "phone", "email", "recipient"}

WEDNESDAY = datetime(2026, 11, 25)  # noqa: DTZ001  as a workbook holds a day

COUNTS = {"left", "held", "quarantined"}  # sums of movements, which are no columns of a table

STAFF = {
    "by__email",
    "typed_by__email",
    "driver__email",
    "carried_by__email",
    "taken_in_by__email",
    "proposed_by__email",
    "witnessed_by__email",
}  # whose address is no patient's


@shared
def pharmacist():
    return factories.client_for(factories.staff("Pharmacist"))


@shared
def delivered(monday):
    """Return a Manager after a hand-over for $85 in cash, one item that was written off, and a sale at the counter."""
    order, manager = factories.order(), factories.staff("Manager")
    run = under_way(run_of(order), monday)
    actions.hand_over(order=order, run=run, answers=answers(order, cash_cents=8500), stated_at=None, by=run.driver)
    product = order.lines.get().product
    actions.write_off(product=product, quantity=1, lot="LOT-1", reason="=1+1", by=manager)
    actions.record_allotment_entry(
        patient=order.patient, day=timezone.localdate(), amount_mg=3500, origin="counter", reason="-1+1", by=manager
    )
    return manager


def csv_of(client, address, **query):
    response = client.get(f"{address}export.csv", query)
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    return response, list(csv.DictReader(io.StringIO(text[1:])))


def test_the_export_of_orders_is_what_the_list_shows(pharmacist):
    order = factories.confirm(factories.order(), by=factories.staff("Pharmacist"))
    factories.order(into=order.window)
    response, rows = csv_of(pharmacist, ORDERS, status="confirmed", window=order.window_id)
    name = f"orders-{order.window.date}-0930-confirmed.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert [row["order"] for row in rows] == [order.number]
    row = rows[0]
    assert (row["total ($)"], row["flower equivalent (mg)"], row["flower equivalent (oz)"]) == ("80.00", "2000", "0.08")
    assert (row["day"], row["from"], row["patient"]) == (str(order.window.date), "09:30", order.patient.number)
    event = Event.objects.get(action="order.export")
    assert event.reason == f"csv, 1 rows, {order.window.code}; Confirmed"
    assert [row["status"] for row in csv_of(pharmacist, ORDERS)[1]] == ["placed"]  # as the list begins


def test_times_are_those_of_new_york(pharmacist):
    order = factories.order()
    rows = csv_of(pharmacist, ORDERS)[1]
    assert rows[0]["placed (New York)"] == f"{timezone.localtime(order.placed_at):%Y-%m-%d %H:%M:%S}"


def test_a_workbook_holds_the_rows_of_the_csv_as_numbers_and_dates(pharmacist):
    order = factories.order()
    response = pharmacist.get(f"{ORDERS}export.xlsx")
    header, row = rows_of_workbook(response.getvalue())
    cells = dict(zip(header, row, strict=True))
    assert (cells["order"], cells["total ($)"], cells["day"].date()) == (order.number, 80, order.window.date)
    assert response["Content-Type"].endswith("spreadsheetml.sheet")


def test_no_cell_of_a_movement_is_a_formula(pharmacist):
    product, staff = factories.product(stock=10), factories.staff("Pharmacist")
    actions.write_off(product=product, quantity=1, lot="LOT-1", reason="=HYPERLINK(1)", by=staff)
    rows = csv_of(pharmacist, MOVEMENTS, kind__exact="written_off")[1]
    assert [(row["quantity"], row["reason"], row["lot"]) for row in rows] == [("-1", "'=HYPERLINK(1)", "LOT-1")]


def test_the_name_of_a_file_tells_of_a_search_and_not_what_was_searched(pharmacist):
    order = factories.order()
    found = pharmacist.post(ORDERS, {"q": order.patient.last_name})
    response, rows = csv_of(pharmacist, ORDERS, **dict(parse_qsl(urlsplit(found.url).query)))
    assert response["Content-Disposition"] == 'attachment; filename="orders-search.csv"'
    assert [row["order"] for row in rows] == [order.number]
    assert Event.objects.get(action="order.export").reason == "csv, 1 rows, search"


def test_an_export_is_read_in_parts_that_join_without_a_gap(pharmacist, monkeypatch):
    product, staff = factories.product(stock=10), factories.staff("Pharmacist")
    for _time in range(4):
        actions.write_off(product=product, quantity=1, lot="LOT-1", reason="Broken", by=staff)
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    rows = csv_of(pharmacist, MOVEMENTS)[1]
    assert [int(row["id"]) for row in rows] == list(StockMovement.objects.order_by("-pk").values_list("pk", flat=True))


def test_a_sheet_that_cannot_hold_the_list_is_refused_with_a_sentence(pharmacist, monkeypatch):
    factories.order()
    factories.order()
    monkeypatch.setattr(action_admin, "MOST_ROWS", 1)
    page = pharmacist.get(f"{ORDERS}export.xlsx", follow=True).content.decode()
    assert "An XLSX sheet holds 1 rows, and this list has 2. Choose CSV, or filter the list." in page
    assert not Event.objects.filter(action="order.export").exists()
    assert len(csv_of(pharmacist, ORDERS)[1]) == 2


def test_an_amount_that_is_taken_back_stays_negative():
    pharmacist, patient = factories.staff("Pharmacist"), factories.patient()
    with unguarded():
        for origin, amount in (("counter", 3500), ("correction", -3500)):
            AllotmentEntry.objects.create(
                patient=patient, day="2026-11-02", amount_mg=amount, origin=origin, by=pharmacist, reason="-1+1"
            )
    rows = csv_of(factories.client_for(pharmacist), reverse("admin:delivery_allotmententry_changelist"))[1]
    assert [row["flower equivalent (oz)"] for row in rows] == ["-0.13", "0.13"]
    assert rows[0]["reason"] == "'-1+1"


def test_hand_overs_and_runs_are_exported_without_the_number_of_the_photo_id(time_machine):
    order = factories.order()
    run = under_way(run_of(order), time_machine)
    actions.hand_over(order=order, run=run, answers=answers(order, cash_cents=8500), stated_at=None, by=run.driver)
    manager = factories.client_for(factories.staff("Manager"))
    (row,) = csv_of(manager, reverse("admin:delivery_handover_changelist"))[1]
    assert (row["order"], row["due ($)"], row["cash ($)"], row["tip ($)"]) == (order.number, "80.00", "85.00", "5.00")
    assert "123456780" not in str(row).replace(" ", "")
    (row,) = csv_of(manager, reverse("admin:delivery_run_changelist"))[1]
    assert (row["vehicle"], row["run"], row["settled (New York)"]) == ("Van 1", "1", "")


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("handover", {"due ($)": 80, "cash ($)": 85, "card ($)": 0, "tip ($)": 5, "run": 1}),
        ("stockmovement", {"kind": "written_off", "quantity": -1, "lot": "LOT-1", "reason": "'=1+1"}),
        ("run", {"run": 1, "vehicle": "Van 1", "day": WEDNESDAY, "settled (New York)": None}),
        ("allotmententry",
         {"day": WEDNESDAY, "flower equivalent (mg)": 3500, "origin": "counter", "reason": "'-1+1"}),
    ],
)  # fmt: skip
def test_a_workbook_of_each_list_holds_the_rows_of_its_csv(delivered, name, cells):
    manager, address = factories.client_for(delivered), reverse(f"admin:delivery_{name}_changelist")
    rows = csv_of(manager, address)[1]
    response = manager.get(f"{address}export.xlsx")
    header, *read = rows_of_workbook(response.getvalue())
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert (header, len(read)) == ([*rows[0]], len(rows))
    first = dict(zip(header, read[0], strict=True))
    assert {column: first[column] for column in cells} == cells
    assert "123456780" not in str(read).replace(" ", "")
    assert Event.objects.filter(action=f"{name}.export", reason__startswith=f"xlsx, {len(rows)} rows, ").count() == 1


@pytest.mark.parametrize(
    ("group", "status"), [("Driver", 403), ("Registrar", 403), ("Technician", 200), ("Auditor", 200)]
)
def test_who_sees_no_orders_downloads_none(group, status):
    client = factories.client_for(factories.staff(group))
    assert [client.get(f"{ORDERS}export.{kind}").status_code for kind in ("csv", "xlsx")] == [status] * 2
    assert ("Export as XLSX" in client.get(ORDERS).content.decode()) == (status == 200)


@pytest.mark.once
def test_no_export_reads_a_secret_or_what_only_pages_show():
    exported = [found for found in admin.site._registry.values() if getattr(found, "export", None)]
    assert {found.model for found in exported} >= {Order, StockMovement, AllotmentEntry, HandOver, Run}
    for its_admin in exported:
        for column in its_admin.export.columns:
            if column.path in COUNTS:
                continue
            field = field_at(its_admin.model, column.path)
            assert not is_secret(field) and field.name not in PERSONAL or column.path in STAFF, column


def field_at(model, path):
    field = None
    for part in path.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            field = next(found for found in model._meta.fields if found.attname == part or part == "pk")
        model = field.related_model
    return field
