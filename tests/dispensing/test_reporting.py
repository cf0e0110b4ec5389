"""The monitoring report: what is queued with a hand-over and its corrections, and what answers change."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from delivery.models import HandOverCorrection
from dispensing import actions
from dispensing.models import ReportFile, ReportRecord
from dispensing.rules.facts import dispensing_of
from tests import factories
from tests.dispensing.test_units import correct, decide
from tests.dispensing.units import grams, hand_over, order_on_road
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
Kind, Goods = HandOverCorrection.Kind, HandOverCorrection.Goods


def delivered(clock, **over):
    """Return the hand-over of an order of two units."""
    return hand_over(order_on_road(clock, **over), cash_cents=8000)


def kinds(order):
    """Return kind and status of each record of the order's units, in order."""
    return list(ReportRecord.objects.filter(unit__order=order).order_by("pk").values_list("kind", "status"))


# --- Queued with what happens -----------------------------------------------------------------------------------------


def test_a_hand_over_queues_each_unit_with_all_that_the_file_needs(monday):
    handed = delivered(monday)
    order, patient = handed.order, handed.order.patient
    first, second = ReportRecord.objects.order_by("pk")
    assert (first.kind, first.status) == ("new", "waiting") and second.unit == order.units.last()
    assert first.happened_at == handed.stated_at and first.due_at == handed.stated_at + timedelta(minutes=60)
    told = dispensing_of(first.kind, first.facts, "99")
    unit = order.units.first()
    assert (told.status, told.serial, told.product_code) == ("00", str(unit), unit.product_code)
    assert (told.quantity, told.days, told.unit_code) == (unit.quantity, unit.days, unit.unit_code)
    assert told.written_date == order.certification.certified_date
    assert told.filled_date == told.sold_date == first.filled_date == handed.stated_at.date()
    assert (told.recipient.last_name, told.recipient.birth_date) == (patient.last_name, patient.birth_date)
    assert told.certifier.dea_number == order.certification.physician.dea_number
    assert (told.picked_up.id_kind, told.picked_up.state, told.picked_up.id_number) == ("06", "CT", "123 456 780")
    assert (told.picked_up.relationship, told.picked_up.last_name) == ("01", patient.last_name)


def test_a_hand_over_that_is_undone_queues_nothing(monday):
    order = order_on_road(monday)
    with transaction.atomic():
        hand_over(order, cash_cents=8000)
        transaction.set_rollback(True)
    assert not ReportRecord.objects.exists()


def test_a_return_before_the_report_needs_none_and_a_second_correction_changes_nothing_of_the_first(monday):
    handed = delivered(monday)
    correct(handed, Goods.SEALED)
    assert kinds(handed.order) == [("new", "waiting"), ("new", "dropped")]
    correct(handed, Goods.KEPT)
    assert kinds(handed.order) == [("new", "waiting"), ("new", "dropped")]


def test_an_exchange_reports_what_was_given(monday):
    handed = delivered(monday)
    other = grams(price_cents=3000, report_code="99999000202")
    correct(handed, Goods.SEALED, kind=Kind.EXCHANGE, product=other, product_lot="LOT-1")
    assert kinds(handed.order) == [("new", "waiting"), ("new", "dropped"), ("new", "waiting")]
    assert ReportRecord.objects.last().facts["product_code"] == "99999000202"


def test_a_decision_about_what_came_back_reports_nothing(monday):
    handed = delivered(monday)
    (row,) = correct(handed, Goods.SEALED)
    before = kinds(handed.order)
    decide(row.returned_item, "destroyed")
    assert kinds(handed.order) == before


# --- Invariants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "held"},
        {"status": "filed"},
        {"status": "accepted"},
        {"kind": "void"},
        {"kind": "other"},
        {"status": "other"},
        {"due_at": "2020-01-01T00:00Z"},
        {"accepted_at": "2026-11-25T17:00Z"},
    ],
)
def test_the_database_refuses_a_record_that_cannot_be(monday, wrong):
    record = ReportRecord.objects.get(pk=_first_record(monday))
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        ReportRecord.objects.filter(pk=record.pk).update(**wrong)


def _first_record(clock):
    delivered(clock)
    return ReportRecord.objects.order_by("pk").values_list("pk", flat=True)[0]


# --- Answers ----------------------------------------------------------------------------------------------------------


def answer_to(number, kind="02", says="IMPORTED"):
    """Return an answer to the report with this control number; 02 accepts it, 03 names an error."""
    lines = [f"TH*4.2A*A1*{kind}*{number}*20261125*101500*P**~", f"IS*1*CT*{says}", "TT*A1*3"]
    return "".join(f"{line}~\n" for line in lines)


def test_a_zero_report_that_was_made_again_is_accepted_late(monday):
    (file,) = actions.make_zero_reports(today=timezone.localdate(), now=timezone.now(), by=None)
    actions.record_answer(text=answer_to(file.control_number, "03", "WRONG"), by=None)
    actions.send_file_again(file=file, by=factories.staff("Pharmacist"))
    late = actions.record_answer(text=answer_to(file.control_number), by=None)
    assert (late.file, late.trouble) == (file, None)
    assert list(ReportFile.objects.order_by("pk").values_list("status", flat=True)) == ["error", "made"]


def test_an_answer_to_a_number_that_no_report_can_have_is_kept(monday):
    answers = [actions.record_answer(text=answer_to(number), by=None) for number in ("12\x0034", "9" * 5000)]
    assert all("none with this control number" in answer.trouble for answer in answers)


def test_what_is_corrected_after_an_error_is_late_once_it_is_not_sent_within_50_minutes(monday):
    handed, by = delivered(monday), factories.staff("Pharmacist")
    (file,) = actions.make_files(now=handed.stated_at, at_once=True, by=None)
    actions.hand_over_download(file=file, by=by)
    actions.record_answer(text=answer_to(file.control_number, "03", "Unknown product"), by=by)
    monday.shift(timedelta(days=1))
    assert not ReportRecord.objects.late(timezone.now()).exists()
    report = ReportRecord.objects.first()
    actions.correct_report(report=report, facts=report.facts, by=by)
    assert not ReportRecord.objects.late(timezone.now()).exists()
    monday.shift(timedelta(minutes=50))
    assert list(ReportRecord.objects.late(timezone.now())) == [report]
    assert actions.alarm_late(now=timezone.now(), by=None) == 1
