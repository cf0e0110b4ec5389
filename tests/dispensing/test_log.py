"""The dispensing log: what was handed over, in full words."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from delivery.models import HandOverCorrection
from delivery.rules import allotment_mg
from dispensing import rules
from dispensing.actions import enter_paper_name
from dispensing.models import DispensedUnit, LogEntry
from dispensing.presenters.log import measured
from tests import factories
from tests.delivery import people
from tests.dispensing.papers import log_pages, log_rows
from tests.dispensing.test_units import correct
from tests.dispensing.units import grams, hand_over, order_on_road
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
Kind, Goods = HandOverCorrection.Kind, HandOverCorrection.Goods


# --- Entries ----------------------------------------------------------------------------------------------------------


def test_a_hand_over_enters_each_unit_once_in_words(monday):
    order = order_on_road(monday)
    physician, patient = order.certification.physician, order.patient
    assert not LogEntry.objects.exists()
    handed = hand_over(order, cash_cents=4000, refused=((order.lines.get().pk, 1),))
    entry = LogEntry.objects.get()
    assert (entry.unit, entry.dispensed_at) == (order.units.get(place="patient"), handed.stated_at)
    assert entry.certifier_name == f"{physician.first_name} {physician.last_name}"
    assert entry.certifier_address == "12 Elm Street, New Haven, CT 06510"
    assert (entry.patient_name, entry.patient_address) == (patient.name, "40 Orange Street, New Haven, CT 06510")
    assert (entry.caregiver_name, entry.caregiver_address) == ("", "")
    assert (entry.product_name, entry.month, entry.taken_back) == ("Harbor Mist Tincture", "partial", None)


def test_a_caregiver_who_took_it_stands_beside_the_patient(monday):
    patient, caregiver = people.patient_with_caregiver(unit="Apt 3")
    order = order_on_road(monday, of=patient, by=patient.user)
    hand_over(order, received_by="caregiver")
    for entry in LogEntry.objects.all():
        assert (entry.patient_name, entry.caregiver_name) == (patient.name, caregiver.name)
        assert entry.caregiver_address == "40 Orange Street Apt 3, New Haven, CT 06510"


def test_a_correction_notes_what_came_back_and_enters_what_was_given(monday):
    other = grams(price_cents=3000, name="Night Drops")
    order = order_on_road(monday)
    handed = hand_over(order)
    (row,) = correct(handed, Goods.SEALED, kind=Kind.EXCHANGE, product=other, product_lot="LOT-1")
    kept, back, given = LogEntry.objects.all()
    assert (back.taken_back, back.taken_back_at, back.unit) == (row, row.created_at, order.units.get(place="safe"))
    assert (given.product_name, given.dispensed_at, given.taken_back) == ("Night Drops", row.created_at, None)
    correct(handed, Goods.KEPT)
    kept.refresh_from_db()
    assert kept.taken_back is None and LogEntry.objects.count() == 3


def test_month_supplied(monday):
    """A month is full when what was taken, not what was ordered, is the whole allotment."""
    statement = factories.statement(monthly_allotment_oz=Decimal("0.50"))
    patient = factories.certification(statement=statement).patient
    whole = allotment_mg(patient.certifications.get())
    half = grams(amount_mg=-(-whole // 2), form="flower")
    order = order_on_road(monday, of=patient, lines=[(half, 1), (grams(amount_mg=whole // 2, form="flower"), 1)])
    assert whole == sum(line.total_mg for line in order.lines.all())
    handed = hand_over(order)
    assert rules.month_supplied(handed) == "full" and set(LogEntry.objects.values_list("month")) == {("full",)}
    with unguarded():
        order.lines.filter(product=half).update(amount_mg=half.amount_mg - 1)
    assert rules.month_supplied(handed) == "partial"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maria Lopez", "ML"), ("Jean-Paul de Souza", "JPDS"), ("Áine O’Brien", "ÁO"), ("", ""), ("Prince", "P")],
)
def test_initials(name, letters):
    assert rules.initials(name) == letters


@pytest.mark.parametrize(
    "wrong",
    [
        {"month": "half"},
        {"patient_name": ""},
        {"certifier_address": ""},
        {"product_name": ""},
        {"caregiver_name": "Elena Delgado"},
        {"taken_back_at": "2026-12-01T00:00:00Z"},
    ],
)
def test_the_database_refuses_an_entry_that_cannot_be(monday, wrong):
    hand_over(order_on_road(monday))
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        LogEntry.objects.update(**wrong)


def test_the_database_refuses_a_second_entry_of_a_unit(monday):
    hand_over(order_on_road(monday))
    entry = LogEntry.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        LogEntry.objects.bulk_create([entry])


# --- The paper --------------------------------------------------------------------------------------------------------

HEADINGS = (
    "serial", "day dispensed", "time dispensed", "product", "producer", "lot", "quantity", "lasts",
    "full or partial month", "patient", "address of the patient", "taken by the caregiver",
    "address of the caregiver", "certifier", "address of the certifier", "pharmacist", "initials of the pharmacist",
    "no longer dispensed",
)  # fmt: skip


def test_the_log_says_what_unit_hand_over_and_card_say(monday):
    patient, caregiver = people.patient_with_caregiver()
    order = order_on_road(monday, of=patient, by=patient.user)
    handed = hand_over(order, received_by="caregiver")
    unit = order.units.order_by("serial").first()
    enter_paper_name(user=unit.pharmacist, full_name="Maria Lopez", by=None)
    (row,) = correct(handed, Goods.SEALED)
    day = timezone.localdate(handed.stated_at)
    with translation.override("es"):
        first, second = log_rows(day)
        words = log_pages(day)[0]
    assert tuple(first.values()) == (
        str(unit), "November 25, 2026", "9:30 a.m.", unit.product.name, unit.producer, unit.lot_number, "3.5 grams",
        "10 days", "partial month", patient.name,
        "40 Orange Street, New Haven, CT 06510", caregiver.name, "40 Orange Street, New Haven, CT 06510",
        order.certification.physician.name, "12 Elm Street, New Haven, CT 06510", "Maria Lopez", "ML", "",
    )  # fmt: skip
    assert tuple(first) == HEADINGS and int(second["serial"]) == unit.pk + 1
    assert second["no longer dispensed"] == "Came back on November 25, 2026" and row.goods == "sealed"
    said = [value for heading, value in first.items() if heading != "taken by the caregiver"]
    assert [value for value in said if value not in words] == []
    for sentence in (
        f"Taken by {caregiver.name}",
        "Came back on November 25, 2026",
        "Dispensing log November 25, 2026",
    ):
        assert sentence in words
    assert "2 entries." in words and "Registro" not in words and "noviembre" not in words


def entry_at(at, *, like, **over):
    """Make an entry at a moment, of a unit like that of the entry `like`."""
    unit = DispensedUnit.objects.get(pk=like.unit_id)
    columns = {field.attname: getattr(like, field.attname) for field in LogEntry._meta.concrete_fields}
    with unguarded():
        unit.pk = None
        unit.handed_over_at = at
        unit.save(force_insert=True)
        return LogEntry.objects.create(**{**columns, "unit_id": unit.pk, "dispensed_at": at, **over})


def test_a_day_of_the_log_begins_and_ends_at_midnight_in_new_york(monday):
    hand_over(order_on_road(monday))
    like = LogEntry.objects.first()
    ends = [datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)]  # before the change
    ends += [datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)]  # after it
    made = [str(entry_at(at, like=like).unit) for at in reversed(ends)]
    assert [row["serial"] for row in log_rows(date(2026, 11, 1))] == made[1:3]
    assert [row["time dispensed"] for row in log_rows(date(2026, 11, 1))] == ["11:59 p.m.", "12:00 a.m."]
    assert len(log_rows(date(2026, 10, 31), date(2026, 11, 2))) == 4
    assert log_rows(date(2026, 11, 3)) == []
    assert "Nothing was dispensed." in log_pages(date(2026, 11, 3))[0]


def test_odd_names_are_printed_whole(monday):
    hand_over(order_on_road(monday))
    like, at = LogEntry.objects.first(), datetime(2026, 11, 10, 17, tzinfo=UTC)
    names = ["=HYPERLINK(0)", 'Zoë; "Ann", Núñez\tX', "李明 Юлия", "W" * 330, "Ann " * 82]
    for name in names:
        entry_at(at, like=like, patient_name=name)
    rows = log_rows(date(2026, 11, 10))
    assert [row["patient"] for row in rows] == [f"'{names[0]}", *names[1:]]
    words = " ".join(log_pages(date(2026, 11, 10)))
    assert "=HYPERLINK(0)" in words and 'Zoë; "Ann", Núñez' in words and "李明 Юлия" in words
    assert words.replace(" ", "").count("W") == 330 and words.count("Ann ") == 82
    assert words.count("Page") == 1 and "5 entries." in words


def test_an_entry_that_is_longer_than_a_page_loses_nothing(monday):
    hand_over(order_on_road(monday))
    like, at = LogEntry.objects.first(), datetime(2026, 11, 10, 17, tzinfo=UTC)
    names = {"patient_name": "W" * 330, "caregiver_name": "X" * 330}
    entry_at(at, like=like, **names, patient_address="Y" * 500, caregiver_address="Z" * 500)
    pages = log_pages(date(2026, 11, 10))
    words = "".join(pages)
    assert len(pages) == 2 and [words.count(letter) for letter in "WXYZ"] == [330, 330, 500, 500]


def test_a_long_log_repeats_its_head_and_breaks_no_entry(monday):
    hand_over(order_on_road(monday))
    like, at = LogEntry.objects.first(), datetime(2026, 11, 10, 17, tzinfo=UTC)
    made = [entry_at(at, like=like) for _count in range(30)]
    pages = log_pages(date(2026, 11, 10))
    assert len(pages) == 3 and all(page.startswith("Dispensing log November 10, 2026") for page in pages)
    found = [[word for word in page.split() if re.fullmatch(r"\d{6}", word)] for page in pages]
    assert [serial for page in found for serial in page] == [str(entry.unit) for entry in made]
    for page, serials in zip(pages, found, strict=True):
        assert page.count("Harbor Mist Tincture") == page.count("Amara Osei") == len(serials)


def test_a_pharmacist_without_full_name_is_named_on_the_first_page(monday):
    order = order_on_road(monday)
    handed = hand_over(order)
    pharmacist = order.units.first().pharmacist
    with unguarded():
        type(pharmacist).objects.filter(pk=pharmacist.pk).update(first_name="Dana")
    day = timezone.localdate(handed.stated_at)
    assert {(row["pharmacist"], row["initials of the pharmacist"]) for row in log_rows(day)} == {
        ("Dana (full name not entered)", "D")
    }
    assert "No full name is entered for Dana." in log_pages(day)[0]


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [("1.000", "01", "1 piece"), ("30.000", "02", "30 milliliters"), ("0.500", "03", "0.5 grams")],
)
def test_quantities_are_words(quantity, unit, words):
    assert measured(Decimal(quantity), unit) == words
