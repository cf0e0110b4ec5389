"""Lots: what their labels say, which can be packed, and what a pharmacist states."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from delivery import actions, rules
from delivery.models import Lot
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
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


def test_a_pharmacist_states_the_days_of_one_order_or_of_many():
    pharmacist = factories.staff("Pharmacist")
    orders = [factories.order() for _number in range(3)]
    today = timezone.localdate()
    for order in orders:
        actions.confirm_order(order=order, monitoring_reviewed_date=today, by=pharmacist)
    client, line = factories.client_for(pharmacist), orders[0].lines.get()
    address = reverse("admin:delivery_order_step", args=[orders[0].pk, "days"])
    refused = client.post(address, {f"days_{line.pk}": "0"})
    assert refused.status_code == 200 and refused.context["form"].errors
    client.post(address, {f"days_{line.pk}": "12"})
    chosen = {"action": "days", "_selected_action": [order.pk for order in orders]}
    client.post(reverse("admin:delivery_order_changelist"), {**chosen, "agreed": "yes"}, follow=True)
    line.refresh_from_db()
    assert (line.days, line.days_by) == (12, pharmacist)


# --- Rules of labels and codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "is_likely"), [("1999-12-31", False), ("2036-11-23", True), ("2036-11-25", False)])
def test_check_end_is_likely_is_from_this_century_to_ten_years_ahead(end, is_likely):
    details = factories.lot_details(expires_date=date.fromisoformat(end))
    sentence = rules.refusal_of(rules.check_end_is_likely, details, today=timezone.localdate())
    assert (sentence == "") is is_likely and ("Check the year" in sentence) is not is_likely


def test_check_lot_has_not_ended_allows_the_last_day():
    today = timezone.localdate()
    assert rules.refusal_of(rules.check_lot_has_not_ended, "LOT-1", today, today=today) == ""
    with pytest.raises(rules.StockError, match="Lot LOT-1 ended on Sunday, November 22, 2026"):
        rules.check_lot_has_not_ended("LOT-1", today - timedelta(days=1), today=today)


@pytest.mark.parametrize(
    ("code", "is_right"),
    [
        ("", True),
        ("99999000101", True),
        ("9999900010", False),
        ("99999-00010", False),
        ("９９９９９０００１０１", False),
    ],
)
def test_check_report_code_is_eleven_digits_or_nothing(code, is_right):
    assert (rules.refusal_of(rules.check_report_code, code) == "") is is_right


@pytest.mark.parametrize(
    ("quantity", "is_right"),
    [("0.001", True), ("999999.999", True), ("0", False), ("1E+9", False), ("3.5001", False), ("NaN", False)],
)
def test_check_report_quantity_is_above_0_in_thousandths(quantity, is_right):
    assert (rules.refusal_of(rules.check_report_quantity, Decimal(quantity)) == "") is is_right


@pytest.mark.parametrize(
    ("promised", "sentence"), [(0, "Nothing of lot LOT-1 is left"), (2, "need the 2 that are left")]
)
def test_check_some_is_free_says_what_orders_need(promised, sentence):
    assert rules.refusal_of(rules.check_some_is_free, "LOT-1", 1, promised) == ""
    with pytest.raises(rules.StockError, match=sentence):
        rules.check_some_is_free("LOT-1", 0, promised)
