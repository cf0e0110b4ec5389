"""The dispensing log: what was handed over, in full words."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from delivery.models import HandOverCorrection
from delivery.rules import allotment_mg
from dispensing import rules
from dispensing.models import LogEntry
from tests import factories
from tests.delivery import people
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
