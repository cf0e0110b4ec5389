"""Taking in by serial: exactly the units that were scanned are in quarantine."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from delivery import actions as deliveries
from delivery.models import ReturnedItem
from dispensing import rules
from dispensing.models import DispensedUnit, LogEntry, ReportRecord, UnitMove
from dispensing.presenters.log import Pharmacists, log_lines
from dispensing.signals import units_swapped
from tests import factories
from tests.delivery.people import words_of
from tests.dispensing.units import grams, hand_over, order_on_road, packed_order, places
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def technician():
    return factories.staff("Technician")


@pytest.fixture
def swaps():
    """Collect what `units_swapped` sends."""
    found = []

    def collect(sender, signal, **sent):
        found.append(sent)

    units_swapped.connect(collect)
    yield found
    units_swapped.disconnect(collect)


def refused_one(clock):
    """Return an order of two units of which the door refused one: the portal takes it for the second."""
    order = order_on_road(clock)
    hand_over(order, cash_cents=4000, refused=((order.lines.get().pk, 1),))
    assert places(order) == ["patient", "road"]
    return order


def test_the_unit_that_was_scanned_comes_back_and_the_other_is_with_the_patient(monday, technician, swaps):
    order = refused_one(monday)
    back, kept = order.units.all()
    deliveries.take_in(order=order, scans=[str(back)], by=technician)
    back, kept = order.units.all()
    item, handed = ReturnedItem.objects.get(), order.hand_over
    assert (back.place, back.returned_item, back.handed_over_at) == ("safe", item, None)
    assert (kept.place, kept.returned_item, kept.handed_over_at) == ("patient", None, handed.stated_at)
    assert kept.place_since == handed.stated_at
    moved = UnitMove.objects.filter(by=technician).values_list("unit", "place")
    assert sorted(moved) == [(back.pk, "road"), (back.pk, "safe"), (kept.pk, "patient")]
    assert swaps == [{"came_back": [back], "given": [kept], "hand_over": handed, "by": technician}]
    deliveries.take_in(order=order, scans=[str(kept)], by=technician)
    assert places(order) == ["safe", "patient"] and len(swaps) == 1


def test_the_log_says_which_unit_the_patient_got_in_truth(monday, technician):
    order = refused_one(monday)
    back, kept = order.units.all()
    deliveries.take_in(order=order, scans=[str(back)], by=technician)
    day = timezone.localdate()
    lines = list(log_lines(day, day, Pharmacists()))
    assert [(line.serial, line.undone) for line in lines] == [
        (str(back), f"Was refused and came back; {kept} was handed over, as its serial showed on November 25, 2026"),
        (str(kept), ""),
    ]
    reports = ReportRecord.objects.order_by("pk").values_list("unit", "kind", "status")
    assert list(reports) == [(back.pk, "new", "dropped"), (kept.pk, "new", "waiting")]  # no file held the first one
    wrong, true = LogEntry.objects.all()
    assert (wrong.given_instead, wrong.dispensed_at) == (kept, true.dispensed_at)
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        LogEntry.objects.filter(pk=wrong.pk).update(taken_back_at=None)


@pytest.mark.parametrize("is_scanned", [True, False])
def test_the_unit_that_the_door_named_is_taken_in_as_it_is(monday, technician, swaps, is_scanned):
    order = refused_one(monday)
    scans = [str(order.units.last().pk)] if is_scanned else [""]
    deliveries.take_in(order=order, scans=scans, by=technician)
    assert places(order) == ["patient", "safe"] and swaps == []


def test_a_whole_order_is_taken_in_with_the_serials_of_each_product(monday, technician):
    flower, oil = grams(), grams(name="Oil")
    order = order_on_road(monday, lines=[(flower, 2), (oil, 1)])
    refuse_whole(order)
    deliveries.take_in(order=order, scans=[str(unit) for unit in reversed(order.units.all())], by=technician)
    assert places(order) == ["safe"] * 3
    assert all(unit.returned_item.product_id == unit.product_id for unit in order.units.all())


def refuse_whole(order):
    deliveries.return_order(order=order, run=order.run, outcome="refused", entry_key=uuid4(), by=order.run.driver)


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_check_scan():
    with pytest.raises(rules.TakeInError, match="Scan this item as well"):
        rules.check_scan("", field="scan_1")
    for wrong in ("LOT-1", "12a", "²", "1" * 19, "-1", "1_0"):
        with pytest.raises(rules.TakeInError, match="is no serial"):
            rules.check_scan(wrong, field="scan_1")
    rules.check_scan("000123", field="scan_1")


def test_check_is_scanned_once():
    rules.check_is_scanned_once(7, {8}, field="scan_2")
    with pytest.raises(rules.TakeInError, match="Unit 000007 is scanned twice") as refused:
        rules.check_is_scanned_once(7, {7}, field="scan_2")
    assert refused.value.field == "scan_2"


def test_check_unit_is_out():
    with pytest.raises(rules.TakeInError, match="Unit 000009 is not of this order"):
        rules.check_unit_is_out(None, 9, field="scan_1")
    for unit in (DispensedUnit(pk=9, place="shelf"), DispensedUnit(pk=9, place="patient", taken_back_id=1),
                 DispensedUnit(pk=9, place="patient", correction_id=1)):  # fmt: skip
        with pytest.raises(rules.TakeInError, match="cannot have come back with the driver"):
            rules.check_unit_is_out(unit, 9, field="scan_1")
    rules.check_unit_is_out(DispensedUnit(pk=9, place="patient"), 9, field="scan_1")


def test_check_all_are_scanned():
    rules.check_all_are_scanned(0, field="scan_1")
    with pytest.raises(rules.TakeInError, match="2 more came back"):
        rules.check_all_are_scanned(2, field="scan_1")


def test_check_can_be_corrected():
    unit = DispensedUnit(pk=9, lot_number="LOT-1")
    rules.check_can_be_corrected(unit, 9, "", field="serials_1")
    rules.check_can_be_corrected(unit, 9, "LOT-1", field="serials_1")
    with pytest.raises(rules.TakeInError, match="000009 is not among what the patient has"):
        rules.check_can_be_corrected(None, 9, "", field="serials_1")
    with pytest.raises(rules.TakeInError, match="is of lot LOT-1"):
        rules.check_can_be_corrected(unit, 9, "LOT-2", field="serials_1")


def test_check_as_many_serials():
    rules.check_as_many_serials(2, 2, field="serials_1")
    with pytest.raises(rules.TakeInError, match="Enter 2 serials, or none: there are 1"):
        rules.check_as_many_serials(1, 2, field="serials_1")


# --- Corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_takes_back_the_unit_whose_serial_was_entered(monday):
    order, pharmacist = order_on_road(monday), factories.staff("Pharmacist")
    handed = hand_over(order, cash_cents=8000)
    back, kept = order.units.all()
    line, client = order.lines.get(), factories.client_for(pharmacist)
    page = reverse("admin:delivery_handovercorrection_correct", args=[order.number])
    key = client.get(page).context["form"]["entry_key"].value()
    answers = {
        f"kind_{line.pk}": "refund", f"quantity_{line.pk}": "1", f"goods_{line.pk}": "sealed",
        f"lot_{line.pk}": "LOT-1", "method": "cash", "reason": "Wrong strain.", "seen": "0", "entry_key": key,
    }  # fmt: skip
    for typed, words in [("77", "is not among what the patient has"), (f"{back} {kept}", "Enter 1 serials, or none")]:
        refused = enter(client, page, {**answers, f"serials_{line.pk}": typed})
        assert words in words_of(refused) and f'value="{typed}"' in refused.content.decode()
    assert handed.corrections.count() == 0
    enter(client, page, {**answers, f"serials_{line.pk}": str(back)})
    assert places(order) == ["safe", "patient"]


def enter(client, page, answers):
    """Post a correction as the page does: look at the preview first."""
    shown = client.post(page, answers)
    return client.post(page, {**answers, "previewed": shown.context["form"].digest, "correct": ""})


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_at_the_box_what_is_wrong_and_keeps_what_was_typed(monday, technician):
    flower, oil = grams(), grams(name="Oil")
    other = packed_order()
    order = order_on_road(monday, lines=[(flower, 2), (oil, 1)])
    hand_over(order, cash_cents=8000, refused=((order.lines.get(product=flower).pk, 1),))
    kept, _named, drops = order.units.all()
    client, page = factories.client_for(technician), reverse("admin:delivery_order_step", args=[order.pk, "take-in"])
    assert "Serial of item 1 of 1: Harbor Mist Tincture, lot LOT-1" in words_of(client.get(page))
    for typed, words in [
        (str(other.units.first()), "is not of this order"),
        ("9" * 18, "is not of this order"),
        ("9" * 41, "longer than a serial"),
        (str(drops), f"Unit {drops} is Oil, lot LOT-1, and none of that was to come back"),
        ("LOT-1", "“LOT-1” is no serial"),
    ]:
        refused = client.post(page, {"scan_1": typed})
        assert words in words_of(refused) and f'value="{typed}"' in refused.content.decode()
        assert refused.context["form"]["scan_1"].errors
    assert places(order) == ["patient", "road", "patient"]
    client.post(page, {"scan_1": f" {kept} "})
    assert places(order) == ["safe", "patient", "patient"]


def test_several_boxes_are_scanned_all_or_none_and_each_once(monday, technician):
    order = order_on_road(monday)
    refuse_whole(order)
    first, second = map(str, order.units.all())
    client, page = factories.client_for(technician), reverse("admin:delivery_order_step", args=[order.pk, "take-in"])
    for boxes, field, words in [
        ((first, ""), "scan_2", "Scan this item as well"),
        ((first, first), "scan_2", f"Unit {first} is scanned twice"),
    ]:
        refused = client.post(page, {"scan_1": boxes[0], "scan_2": boxes[1]})
        assert words in str(refused.context["form"][field].errors)
    assert places(order) == ["road", "road"]
    client.post(page, {"scan_1": "", "scan_2": ""})
    assert places(order) == ["safe", "safe"]
