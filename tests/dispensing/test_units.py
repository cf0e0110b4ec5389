"""Units: each item of an order has a serial, and is at one place from packing to its end."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from delivery import actions as deliveries
from delivery import rules
from delivery.models import HandOverCorrection, ReturnedItem
from dispensing.models import DispensedUnit, UnitMove
from tests import factories
from tests.delivery import people
from tests.dispensing.units import grams, hand_over, order_on_road, packed_order, places
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
Kind, Goods = HandOverCorrection.Kind, HandOverCorrection.Goods


def decide(item, kind, quantity=1):
    return deliveries.decide_returned(
        item=item, kind=kind, quantity=quantity, reason="Looked at.", entry_key=uuid4(), by=factories.staff("Manager")
    )


def correct(handed, goods, *, kind=Kind.REFUND, by=None, **more):
    """Correct one item of the only line."""
    lot = "LOT-1" if goods in rules.COME_BACK else ""
    line = handed.order.lines.select_related("product").get()
    one = rules.LineCorrection(line=line, kind=kind, quantity=1, goods=goods, lot=lot, **more)
    return deliveries.correct_hand_over(
        hand_over=handed,
        lines=[one],
        method="cash",
        reason="Seal was broken.",
        seen=handed.corrections.count(),
        entry_key=uuid4(),
        by=by or factories.staff("Pharmacist"),
    )


# --- Packing ----------------------------------------------------------------------------------------------------------


def test_packing_gives_each_item_a_serial_and_remembers_its_lot():
    order = packed_order()
    line, units = order.lines.get(), list(order.units.all())
    assert [unit.serial for unit in units] == list(range(units[0].serial, units[0].serial + 2))
    assert str(units[0]) == f"{units[0].serial:06d}"
    for unit in units:
        assert (unit.place, unit.handed_over_at, unit.pharmacist) == ("bag", None, line.days_by)
        assert (unit.product_code, unit.quantity, unit.unit_code, unit.days) == ("99999000101", 3.5, "03", 10)
        said = factories.lot_details()
        assert (unit.producer, unit.expires_date) == (said.producer, said.expires_date)
        assert (unit.lot_number, unit.thc_mg, unit.cbd_mg) == ("LOT-1", said.thc_mg, said.cbd_mg)


def test_unpacking_retires_the_serials_for_ever():
    order = packed_order()
    before = set(order.units.values_list("pk", flat=True))
    pharmacist = factories.staff("Pharmacist")
    deliveries.unpack_order(order=order, by=pharmacist)
    assert places(order) == ["shelf", "shelf"]
    deliveries.pack_order(order=order, by=pharmacist)
    assert places(order) == ["shelf", "shelf", "bag", "bag"]
    assert min(set(order.units.values_list("pk", flat=True)) - before) > max(before)


def test_a_packed_order_that_is_cancelled_has_nothing_in_its_bag():
    order = packed_order()
    deliveries.cancel_order(order=order, reason="Nobody is at home.", by=factories.staff("Pharmacist"))
    assert places(order) == ["shelf", "shelf"]


def test_another_lot_in_a_packed_order_gets_a_serial_of_its_own():
    order = packed_order()
    product = order.lines.get().product
    details = factories.lot_details(producer="Other Growers")
    deliveries.receive_stock(product=product, quantity=5, lot="LOT-2", details=details, by=None)
    deliveries.change_lot(order=order, product=product, lot="LOT-2", by=factories.staff("Pharmacist"))
    in_bag = order.units.filter(place="bag")
    assert {(unit.lot_number, unit.producer) for unit in in_bag} == {("LOT-2", "Other Growers")} and len(in_bag) == 2


# --- At the door ------------------------------------------------------------------------------------------------------


def test_units_follow_their_order_to_the_patient(monday):
    order = order_on_road(monday)
    assert places(order) == ["road", "road"]
    handed = hand_over(order, cash_cents=8000)
    assert places(order) == ["patient", "patient"]
    assert {unit.handed_over_at for unit in order.units.all()} == {handed.stated_at}
    assert [move.place for move in order.units.first().moves.all()] == ["bag", "road", "patient"]


def test_a_refused_item_stays_with_the_driver_and_comes_back(monday):
    order = order_on_road(monday)
    line = order.lines.get()
    hand_over(order, cash_cents=4000, refused=((line.pk, 1),))
    assert places(order) == ["patient", "road"]
    deliveries.take_in(order=order, by=factories.staff("Technician"))
    assert places(order) == ["patient", "safe"]
    decide(ReturnedItem.objects.get(), "restocked")
    assert places(order) == ["patient", "shelf"]


def test_a_returned_order_comes_back_whole_and_each_item_is_decided(monday):
    order = order_on_road(monday)
    deliveries.return_order(order=order, run=order.run, outcome="nobody_home", entry_key=uuid4(), by=order.run.driver)
    deliveries.take_in(order=order, by=factories.staff("Technician"))
    assert places(order) == ["safe", "safe"]
    item = ReturnedItem.objects.get()
    decide(item, "quarantined")
    decide(item, "destroyed")
    assert places(order) == ["doomed", "safe"]


# --- Corrections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goods", "place"),
    [(Goods.SEALED, "safe"), (Goods.OPENED, "safe"), (Goods.MISSING, "missing"), (Goods.KEPT, "patient")],
)
def test_a_correction_names_the_unit_that_it_takes_back(monday, goods, place):
    order = order_on_road(monday)
    handed = hand_over(order, cash_cents=8000)
    (row,) = correct(handed, goods)
    assert places(order) == ["patient", place]
    assert order.units.get(taken_back=row) == order.units.last()


def test_a_hand_over_that_is_corrected_twice_takes_two_units_back(monday):
    order = order_on_road(monday)
    handed = hand_over(order, cash_cents=8000)
    (kept,), (sealed,) = correct(handed, Goods.KEPT), correct(handed, Goods.SEALED)
    assert places(order) == ["safe", "patient"]
    assert [unit.taken_back for unit in order.units.all()] == [sealed, kept]


def test_an_exchange_gives_a_unit_with_a_serial_of_its_own(monday):
    other = grams(price_cents=3000, report_code="99999000202")
    order = order_on_road(monday)
    handed = hand_over(order, cash_cents=8000)
    (row,) = correct(handed, Goods.SEALED, kind=Kind.EXCHANGE, product=other, product_lot="LOT-1")
    given = DispensedUnit.objects.get(correction=row)
    assert places(order) == ["patient", "safe", "patient"]
    assert (given.product, given.product_code, given.days) == (other, "99999000202", 10)


# --- Invariants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "nowhere"},
        {"place": "patient"},
        {"place": "safe"},
        {"days": 0},
        {"quantity": 0},
        {"unit_code": "04"},
        {"producer": ""},
    ],
)
def test_the_database_refuses_a_unit_that_cannot_be(wrong):
    unit = packed_order().units.first()
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        DispensedUnit.objects.filter(pk=unit.pk).update(**wrong)


def test_the_database_refuses_a_move_to_nowhere():
    move = packed_order().units.first().moves.get()
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        UnitMove.objects.filter(pk=move.pk).update(place="nowhere")


def test_the_database_refuses_a_unit_in_a_bag_that_was_handed_over(monday):
    order = order_on_road(monday)
    hand_over(order, cash_cents=8000)
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        order.units.update(place="bag")


# --- The list of staff ------------------------------------------------------------------------------------------------


def test_staff_find_a_unit_by_serial_lot_and_order(monday):
    order = order_on_road(monday)
    hand_over(order, cash_cents=8000)
    packed_order()
    unit, client = order.units.first(), factories.client_for(factories.staff("Technician"))
    address = reverse("admin:dispensing_dispensedunit_changelist")
    for typed, found in [(str(unit), 1), (order.number.lower(), 2), ("lot-1", 4), ("9" * 40, 0), ("²", 0)]:
        page = client.post(address, {"q": typed}, follow=True)
        assert page.context["cl"].result_count == found, typed
    page = client.get(reverse("admin:dispensing_dispensedunit_change", args=[unit.pk]))
    words = people.words_of(page)
    assert "Handed over" in words and "Shoreline Growers" in words and order.patient.last_name not in words
