"""The files of the monitoring report against what was handed over, read and counted by other code than writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from delivery.models import HandOverCorrection
from dispensing import actions
from dispensing.models import DispensedUnit, ReportRecord
from dispensing.rules.facts import facts_of
from tests import factories
from tests.delivery import door
from tests.dispensing.test_asap import check_counts, read
from tests.dispensing.test_reporting import delivered
from tests.dispensing.test_units import correct
from tests.dispensing.units import grams, hand_over, order_on_road

pytestmark = pytest.mark.django_db


def next_file():
    """Return the text of the one file of what waits, handed in by a pharmacist; its own counts agree with it."""
    (file,) = actions.make_files(now=timezone.now(), at_once=True, by=None)
    actions.hand_over_download(file=file, by=factories.staff("Pharmacist"))
    check_counts(file.text)
    return file.text


def records_of(text):
    """Return patient, dispensing, certifier and receiver of each unit, as an independent reader finds them."""
    found, patient = [], None
    for segment in read(text):
        tag = next(iter(segment), "")[:3]
        if tag == "PAT":
            patient = segment
        elif tag == "DSP":
            found.append({**patient, **segment})
        elif tag in ("PRE", "AIR"):
            found[-1] |= segment
    return found


def test_a_file_holds_each_unit_that_was_handed_over_and_each_patient_once(monday):
    orders = [factories.order(lines=[(grams(), 2)]) for _person in range(2)]
    door.under_way(door.run_of(*orders), monday)
    for order in orders:
        order.refresh_from_db()
        hand_over(order, cash_cents=8000)
    text = next_file()
    units = {str(unit): unit for unit in DispensedUnit.objects.filter(place="patient")}
    records = records_of(text)
    assert len(records) == len(units) == 4 and {each["DSP02"] for each in records} == units.keys()
    assert sum(line.startswith("PAT") for line in text.splitlines()) == 2
    for each in records:
        unit = units[each["DSP02"]]
        order, patient, physician = unit.order, unit.order.patient, unit.order.certification.physician
        assert each["DSP01"] == "00" and each["DSP05"] == each["DSP17"] == "20261125"
        assert each["DSP03"] == f"{order.certification.certified_date:%Y%m%d}"
        assert (each["DSP08"], each["DSP11"]) == (unit.product_code, unit.unit_code)
        assert (float(each["DSP09"]), int(each["DSP10"])) == (float(unit.quantity), unit.days)
        assert (each["PAT07"], each["PAT18"]) == (patient.last_name.upper(), f"{patient.birth_date:%Y%m%d}")
        assert (each["PRE02"], each["PRE05"]) == (physician.dea_number, physician.last_name.upper())
        assert (each["AIR05"], each["AIR06"], each["AIR11"]) == ("123 456 780", "01", "02")


def test_a_hand_over_that_is_corrected_twice_voids_two_units_under_the_first_number(monday, settings):
    handed = delivered(monday)
    original = next_file()
    settings.REPORT_PHARMACY_NUMBER = "MM0000002"
    voids = []
    for _again in range(2):
        correct(handed, HandOverCorrection.Goods.SEALED)
        voids.append(next_file())
    told = {each["DSP02"]: each for each in records_of(original)}
    taken_back = {}
    for text in voids:
        (each,) = records_of(text)
        taken_back[each["DSP02"]] = each
        pharmacy = [line for line in original.splitlines() if line.startswith("PHA")]
        assert pharmacy == [line for line in text.splitlines() if line.startswith("PHA")]
    assert taken_back == {serial: {**each, "DSP01": "02"} for serial, each in told.items()}
    assert taken_back.keys() == {str(unit) for unit in handed.order.units.all()}


def test_a_sale_is_reported_on_its_day_of_new_york(monday):
    unit = delivered(monday).order.units.first()
    for moment, day in (
        ("2026-11-26T04:59:59", "2026-11-25"),  # 23:59:59
        ("2026-11-26T05:00:01", "2026-11-26"),  # 00:00:01
        ("2026-11-01T03:59:59", "2026-10-31"),  # the night in which the clocks go back: still summer time
        ("2026-11-01T05:30:00", "2026-11-01"),  # 01:30, the first time
        ("2026-11-01T06:30:00", "2026-11-01"),  # 01:30, the second time
        ("2026-11-02T04:59:59", "2026-11-01"),
        ("2026-03-08T06:59:59", "2026-03-08"),  # 01:59:59, one second before 03:00
        ("2026-03-09T03:59:59", "2026-03-08"),
        ("2026-03-09T04:00:01", "2026-03-09"),
    ):
        unit.handed_over_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        assert facts_of(unit, unit.order.hand_over)["filled_date"] == day, moment


def test_a_hand_over_a_second_before_midnight_is_of_its_day_in_a_file_of_the_next(monday):
    order = order_on_road(monday)
    monday.move_to(datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC), tick=False)
    hand_over(order, cash_cents=8000)
    monday.shift(timedelta(seconds=2))
    text = next_file()
    assert text.split("*")[5] == "20261126" and {each["DSP05"] for each in records_of(text)} == {"20261125"}
    assert {f"{each.filled_date:%Y%m%d}" for each in ReportRecord.objects.all()} == {"20261125"}
