"""Lots: what their labels say, which can be packed, and what a pharmacist states."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from delivery import actions, rules
from delivery.models import Lot
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    return factories.product(stock=0)


def receive(product, lot, quantity=5, *, days=365):
    """Receive some of a lot that is good for so many days from today."""
    ends = timezone.localdate() + timedelta(days=days)
    actions.receive_stock(
        product=product, quantity=quantity, lot=lot, details=factories.lot_details(expires_date=ends), by=None
    )


def confirmed(product, quantity=2):
    product.refresh_from_db()
    return factories.confirm(factories.order(lines=[(product, quantity)]))


def test_lots_of_products_puts_the_first_to_expire_first(product):
    actions.receive_stock(product=product, quantity=1, lot="NOBODY-KNOWS", by=None)
    receive(product, "LATE", days=90)
    receive(product, "SOON", days=30)
    assert [lot for lot, _left in rules.lots_with_stock(product)] == ["SOON", "LATE", "NOBODY-KNOWS"]


def test_no_order_takes_a_lot_that_ends_before_its_delivery(product):
    receive(product, "TOMORROW", days=1)  # Tuesday; the delivery is on Wednesday
    receive(product, "WEDNESDAY", quantity=1, days=2)
    receive(product, "LATER", days=90)
    line = confirmed(product).lines.get()
    assert rules.lots_of(line) == [("LATER", 1), ("WEDNESDAY", 1)]


def test_check_can_be_dispensed_refuses_a_lot_that_ends_before_the_delivery(product):
    receive(product, "LOT-1")
    order = confirmed(product)
    lot = Lot.objects.get()
    actions.describe_lot(
        lot=lot, details=factories.lot_details(expires_date=order.window.date - timedelta(days=1)), by=None
    )
    with pytest.raises(rules.StockError, match="good until Tuesday, November 24, 2026, before the delivery"):
        actions.pack_order(order=order, by=factories.staff("Pharmacist"))
    actions.describe_lot(lot=lot, details=factories.lot_details(expires_date=order.window.date), by=None)
    assert actions.pack_order(order=order, by=factories.staff("Pharmacist")).status == "packed"


def test_check_lot_is_good_refuses_a_lot_without_details(product):
    actions.receive_stock(product=product, quantity=2, lot="OLD", by=None)
    order = confirmed(product)
    with pytest.raises(rules.StockError, match="nobody has entered the details of lot OLD"):
        actions.pack_order(order=order, by=factories.staff("Pharmacist"))


def test_check_has_report_code_refuses_a_product_without_one(product):
    receive(product, "LOT-1")
    actions.save_product(sku=product.sku, report_code="", by=None)
    order = confirmed(product)
    with pytest.raises(rules.ProductError, match="no product code for the monitoring report"):
        actions.pack_order(order=order, by=factories.staff("Pharmacist"))


def test_check_details_agree_refuses_other_details_of_a_known_lot(product):
    receive(product, "LOT-1", days=90)
    receive(product, "LOT-1", days=90)
    with pytest.raises(rules.StockError, match="received with other details"):
        receive(product, "LOT-1", days=91)


@pytest.mark.parametrize(("wrong", "sentence"), [({"producer": " "}, "producer"), ({"thc_mg": -1}, "THC and CBD")])
def test_check_lot_details_refuses_what_no_label_says(product, wrong, sentence):
    with pytest.raises(rules.StockError, match=sentence):
        actions.receive_stock(product=product, quantity=1, lot="LOT-1", details=factories.lot_details(**wrong), by=None)
    assert not Lot.objects.exists()


def test_check_days_are_stated_by_a_pharmacist_before_anybody_packs():
    pharmacist, technician = factories.staff("Pharmacist"), factories.staff("Technician")
    order = actions.confirm_order(order=factories.order(), monitoring_reviewed_date=timezone.localdate(), by=pharmacist)
    with pytest.raises(rules.ReviewError, match="A pharmacist has to state the days’ supply first"):
        actions.pack_order(order=order, by=technician)
    line = order.lines.get()
    actions.state_days(order=order, days={line.pk: 12}, by=pharmacist)
    actions.pack_order(order=order, by=technician)
    line.refresh_from_db()
    assert (line.days, line.days_by) == (12, pharmacist)


def test_check_may_state_days_is_for_a_pharmacist_and_a_confirmed_order():
    pharmacist, order = factories.staff("Pharmacist"), factories.order()
    with pytest.raises(rules.TransitionError, match="confirmed and not packed"):
        actions.state_days(order=order, days={}, by=pharmacist)
    factories.confirm(order, by=pharmacist)
    with pytest.raises(rules.ReviewError, match="Only a pharmacist"):
        actions.state_days(order=order, days={}, by=factories.staff("Technician"))


@pytest.mark.parametrize("days", [0, 366])
def test_check_days_is_from_1_to_365(days):
    order = factories.confirm(factories.order())
    with pytest.raises(rules.QuantityError, match="from 1 to 365"):
        actions.state_days(order=order, days={order.lines.get().pk: days}, by=factories.staff("Pharmacist"))


@pytest.mark.parametrize("wrong", [{"producer": ""}, {"thc_mg": None}, {"number": ""}])
def test_the_database_refuses_half_of_the_details(product, wrong):
    receive(product, "LOT-1")
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        Lot.objects.update(**wrong)


# --- Details and codes ----------------------------------------------------------------------------------------------

MONDAY = date(2026, 11, 23)


def test_check_lot_has_not_ended_lets_a_lot_be_received_on_its_last_day(product):
    receive(product, "TODAY", days=0)
    with pytest.raises(rules.StockError, match="Lot LATE ended on Sunday, November 22, 2026. Put it aside"):
        receive(product, "LATE", days=-1)
    assert list(product.lots.values_list("number", flat=True)) == ["TODAY"]
    rules.check_lot_has_not_ended("L", MONDAY, today=MONDAY)


def test_a_known_lot_that_has_ended_meanwhile_is_not_received_again(product, monday):
    receive(product, "LOT-1", days=3)
    monday.shift(timedelta(days=4))
    with pytest.raises(rules.StockError, match="ended on Thursday, November 26, 2026"):
        actions.receive_stock(product=product, quantity=1, lot="LOT-1", by=None)


@pytest.mark.parametrize("end", [date(1999, 12, 31), date(2036, 11, 24), date(2127, 11, 30)])
def test_check_end_is_likely_finds_slips_of_the_year(end):
    with pytest.raises(rules.StockError, match="Check the year"):
        rules.check_end_is_likely(factories.lot_details(expires_date=end), today=MONDAY)
    rules.check_end_is_likely(factories.lot_details(expires_date=date(2036, 11, 23)), today=MONDAY)


@pytest.mark.parametrize("code", ["1234567890", "123456789012", "99999-00010", "9999900010A", "９" * 11])
def test_check_report_code_takes_eleven_digits(code):
    with pytest.raises(rules.ProductError, match="eleven digits"):
        factories.product(report_code=code)
    rules.check_report_code("99999000101")
    rules.check_report_code("")


@pytest.mark.parametrize("quantity", ["0", "-1", "1e9", "1000000", "0.0005", "NaN", "Infinity"])
def test_check_report_quantity_is_positive_and_fits_the_report(quantity):
    with pytest.raises(rules.ProductError, match="more than 0, less than 1,000,000"):
        factories.product(report_quantity=Decimal(quantity))
    rules.check_report_quantity(Decimal("999999.999"))
    rules.check_report_quantity(Decimal("0.001"))


# --- Quarantine of a whole lot --------------------------------------------------------------------------------------


def test_quarantine_lot_takes_what_no_order_needs(product):
    receive(product, "LOT-1", quantity=9)
    receive(product, "LOT-2", quantity=1)
    order = confirmed(product)
    factories.order(lines=[(product, 3)])  # not confirmed: it has no lot yet
    lot = Lot.objects.get(number="LOT-1")
    product.refresh_from_db()
    assert rules.free_of_lot(product, "LOT-1") == (5, 2)
    assert actions.quarantine_lot(lot=lot, reason="A seal", by=factories.staff("Pharmacist")) == 5
    product.refresh_from_db()
    assert (product.stock, rules.quarantined(product, "LOT-1")) == (0, 5)
    assert rules.lots_of(order.lines.get()) == [("LOT-1", 2)]


def test_check_some_is_free_says_who_needs_the_rest(product):
    with pytest.raises(rules.StockError, match="Nothing of lot L is left"):
        rules.check_some_is_free("L", 0, 0)
    receive(product, "LOT-1", quantity=3)
    product.refresh_from_db()
    factories.order(lines=[(product, 3)])
    with pytest.raises(rules.StockError, match="nobody has confirmed yet need the 3 that are left"):
        actions.quarantine_lot(lot=Lot.objects.get(), reason="A seal", by=factories.staff("Pharmacist"))
