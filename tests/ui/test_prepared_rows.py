"""Rows written by kept SQL are those that Django writes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from delivery.models import DeliveryWindow, Order, OrderLine, Product
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from ui import prepared_rows
from ui.prepared import Change, Prepared
from ui.statements import NotPreparable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_an_action():
    with unguarded():
        yield


def new_cart(**fields):
    return Order.objects.create(
        patient=factories.patient(), placed_by=factories.user(), status=Order.Status.CART, **fields
    )


def fields_of(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_saved_row_is_read_as_it_was_written():
    for unit, phone in (("", ""), ("4 % B", "+12035550142")):
        cart = new_cart(unit=unit, phone=phone)
        assert cart.pk and fields_of(Order.objects.get(pk=cart.pk)) == fields_of(cart)
        cart.street, cart.is_residence = "40 Orange Street", True
        cart.save(update_fields=["street", "is_residence", "phone"])
        assert fields_of(Order.objects.get(pk=cart.pk)) == fields_of(cart)


def test_the_second_row_is_not_compiled(monkeypatch):
    monkeypatch.setattr(Prepared, "checks", False)
    monkeypatch.setattr(prepared_rows, "_kept", {})
    compiled, compile_ = [], prepared_rows.numbered
    monkeypatch.setattr(prepared_rows, "numbered", lambda name: compiled.append(name) or compile_(name))
    carts = [new_cart(city=city) for city in ("Hartford", "New Haven")]
    for cart in carts:
        cart.city = "Norwalk"
        cart.save(update_fields=["city"])
    assert sorted(set(compiled)) == [*sorted(compiled)]
    assert {"INSERT INTO delivery_order", "UPDATE delivery_order"} <= set(compiled)
    assert [*Order.objects.values_list("city", flat=True)] == ["Norwalk"] * 2


def test_the_database_gives_the_time_and_the_key():
    event = Event(action="a")
    event.save(force_insert=True)
    kept = Event.objects.get()
    assert (event.pk, event.created_at) == (kept.pk, kept.created_at)
    assert abs(kept.created_at - timezone.now()) < timedelta(days=1)


def test_a_conflict_changes_the_row():
    cart, product = new_cart(), factories.product()
    for quantity in (2, 5, 3):
        line = OrderLine(order=cart, product=product, quantity=quantity, unit_price_cents=100, amount_mg=quantity)
        fields = {"unique_fields": ["order", "product"], "update_fields": ["quantity", "amount_mg"]}
        OrderLine.objects.bulk_create([line], update_conflicts=True, **fields)
    assert [*cart.lines.values_list("quantity", "amount_mg")] == [(3, 3)]


def test_what_is_there_is_left_alone():
    for kind in ("first", "second"):
        row = Notification(kind=kind, recipient="ana@example.org", dedupe_key="one", due_at=Now(), secret="link")
        Notification.objects.bulk_create([row], ignore_conflicts=True)
    kept = Notification.objects.get()
    assert (kept.kind, kept.secret) == ("first", "link")


def test_several_rows_and_expressions_are_written_as_well():
    cart = new_cart()
    lines = [
        OrderLine(order=cart, product=factories.product(), quantity=n, unit_price_cents=1, amount_mg=1) for n in (1, 2)
    ]
    assert all(line.pk for line in OrderLine.objects.bulk_create(lines))
    lines[0].quantity = F("quantity") + 6
    lines[0].unit_price_cents = F("amount_mg")
    lines[0].save(update_fields=["quantity", "unit_price_cents"])
    lines[1].quantity = 4
    lines[1].save()
    assert [*cart.lines.order_by("pk").values_list("quantity", flat=True)] == [7, 4]


def test_a_row_that_is_gone_is_not_changed():
    cart = new_cart()
    Order.objects.filter(pk=cart.pk).delete()
    cart.street = "40 Orange Street"
    with pytest.raises(DatabaseError, match="did not affect any rows"):
        cart.save(update_fields=["street"])


def test_a_broken_rule_of_the_database_is_its_error():
    cart, product = new_cart(), factories.product()
    for _time in range(2):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.create(order=cart, product=product, quantity=0, unit_price_cents=1, amount_mg=1)
    OrderLine.objects.create(order=cart, product=product, quantity=1, unit_price_cents=1, amount_mg=1)


def test_sql_that_is_not_the_kept_one_is_found_in_the_tests(monkeypatch):
    new_cart()
    monkeypatch.setattr(Prepared, "checks", True)
    for key, statement in prepared_rows._kept.items():
        if key[0] is Order:
            other = statement.__class__(statement.name, "INSERT", statement.params, statement.positions)
            monkeypatch.setitem(prepared_rows._kept, key, other)
    with pytest.raises(NotPreparable, match="was prepared as INSERT"):
        new_cart()


def test_a_change_is_that_of_the_orm():
    products = [factories.product(stock=stock) for stock in (10, 20)]
    query = Prepared(lambda *, pks, more: Change(Product.objects.filter(pk__in=pks), stock=F("stock") + more))
    with CaptureQueriesContext(connection) as queries:
        assert query.change(pks=[product.pk for product in products], more=-3) == 2
    assert len(queries) == 1
    assert query.change(pks=[products[0].pk], more=5) == 1
    assert query.change(pks=[0], more=5) == 0
    assert [*Product.objects.order_by("pk").values_list("stock", flat=True)] == [12, 17]


def with_one_place():
    window = factories.window()
    DeliveryWindow.objects.filter(pk=window.pk).update(capacity=1)
    return window


def test_a_change_that_breaks_a_rule_of_the_database_is_its_error():
    window = with_one_place()
    query = Prepared(lambda *, pk: Change(DeliveryWindow.objects.filter(pk=pk), booked=F("booked") + 1))
    assert query.change(pk=window.pk) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        query.change(pk=window.pk)
    window.refresh_from_db()
    assert window.booked == 1
