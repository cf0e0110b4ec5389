"""`manage.py export_records`: which records are in the archive, what is left out, and what wrong arguments are told."""

import csv
import io
import stat
from datetime import timedelta
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Event
from certification.models import Certification
from delivery import actions as deliveries
from delivery import rules
from notifications.models import Notification
from tests import factories
from tests.delivery import door
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
FILES = {"patients", "certifications", "orders", "order-lines", "stock-movements", "allotment-entries", "messages",
         "hand-overs", "door-attempts", "returned-items", "return-decisions", "corrections", "item-reports",
         "self-assessments", "events"}  # fmt: skip


@pytest.fixture
def archive(tmp_path):
    """Return a function that writes records and reads the archive: rows by file, and the text that explains them."""

    def write(*whom, begins=None, ends=None):
        path, today = tmp_path / f"{len(list(tmp_path.iterdir()))}.zip", timezone.localdate()
        days = ["--from", str(begins or today), "--to", str(ends or today)]
        call_command("export_records", *days, *whom, "--file", str(path), stdout=io.StringIO())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with ZipFile(path) as found:
            rows = {
                name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(found.read(name).decode("utf-8-sig"))))
                for name in found.namelist() if name.endswith(".csv")
            }  # fmt: skip
            return rows, found.read("about.txt").decode()

    return write


@shared
def orders():
    """Two orders of patients of two physicians, and an allotment entry of the first patient."""
    first, second = factories.order(), factories.order()
    deliveries.record_allotment_entry(
        patient=first.patient, day=timezone.localdate(), amount_mg=3500, origin="counter", reason="=Sold",
        by=factories.staff("Pharmacist"),
    )  # fmt: skip
    return first, second


def numbers(rows):
    return {row["order"] for row in rows}


def test_the_archive_holds_every_record_of_the_period(archive, orders):
    rows, about = archive()
    assert set(rows) == FILES
    assert numbers(rows["orders"]) == numbers(rows["order-lines"]) == {order.number for order in orders}
    assert len(rows["certifications"]) == len(rows["patients"]) == 2
    assert (rows["orders"][0]["total ($)"], rows["order-lines"][0]["quantity"]) == ("80.00", "2")
    assert {row["kind"] for row in rows["stock-movements"]} == {"received", "reserved"}
    assert rows["allotment-entries"][0]["reason"] == "'=Sold"
    assert {row["kind"] for row in rows["messages"]} >= {"order_placed", "invitation"}
    assert "placed an order" in {row["what"] for row in rows["events"]}
    assert "Records of everybody" in about


def test_hand_overs_are_records_without_the_number_of_the_photo_id(archive, time_machine):
    order = factories.order()
    begins, run = timezone.localdate(), door.under_way(door.run_of(order), time_machine)
    deliveries.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver)
    rows, _about = archive("--order", order.number, begins=begins)
    assert [(row["order"], row["cash ($)"]) for row in rows["hand-overs"]] == [(order.number, "80.00")]
    assert "123456780" not in str(rows).replace(" ", "")


def test_what_followed_a_delivery_is_in_the_records(archive, time_machine):
    order, pharmacist = factories.order(), factories.staff("Pharmacist")
    begins, run = timezone.localdate(), door.under_way(door.run_of(order), time_machine)
    handed = deliveries.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver)
    line = order.lines.select_related("product").get()
    report = deliveries.report_item(order=order, line=line, what="damaged", words="Torn.", by=order.placed_by)
    one = rules.LineCorrection(line=line, kind="refund", quantity=1, goods="opened", lot="LOT-1")
    entered = {"lines": [one], "method": "cash", "reason": "Torn seal.", "seen": 0, "report": report, "by": pharmacist}
    (made,) = deliveries.correct_hand_over(hand_over=handed, entry_key=uuid4(), **entered)
    decided = {"kind": "destroyed", "quantity": 1, "reason": "Open.", "by": factories.staff("Manager")}
    deliveries.decide_returned(item=made.returned_item, entry_key=uuid4(), **decided)

    rows, _about = archive("--order", order.number, begins=begins)

    assert [(row["kind"], row["given back ($)"], row["lot"]) for row in rows["corrections"]] == [
        ("refund", "40.00", "LOT-1")
    ]
    assert [row["words"] for row in rows["item-reports"]] == ["Torn."]
    assert [row["quantity"] for row in rows["returned-items"]] == ["1"]
    (decision,) = rows["return-decisions"]
    assert decision["decision"] == "destroyed" and decision["taken in by account"] == str(pharmacist.pk)
    assert archive("--order", factories.order().number, begins=begins)[0]["corrections"] == []


def test_nothing_is_in_the_archive_of_another_period(archive, orders):
    yesterday = timezone.localdate() - timedelta(days=1)
    rows, _about = archive(begins=yesterday, ends=yesterday)
    assert {name for name in rows if rows[name]} == set()


@pytest.mark.parametrize("whom", ["patient", "physician", "order"])
def test_the_archive_of_one_holds_nothing_of_another(whom, archive, orders):
    order, other = orders
    named = {"patient": order.patient.number, "physician": order.certification.physician.dea_number,
             "order": order.number}  # fmt: skip
    rows, about = archive(f"--{whom}", named[whom].lower())
    assert numbers(rows["orders"]) == numbers(rows["order-lines"]) == numbers(rows["stock-movements"]) == {order.number}
    assert [row["certification"] for row in rows["certifications"]] == [order.certification.number]
    assert [row["patient"] for row in rows["patients"]] == [order.patient.number]
    assert len(rows["allotment-entries"]) == (whom != "order")
    assert {row["recipient"] for row in rows["messages"] if row["kind"] == "order_placed"} == {order.placed_by.email}
    assert "order.place" in {row["name"] for row in rows["events"]}
    assert other.patient.email not in str(rows) and other.number not in str(rows)
    assert named[whom] in about


def test_what_was_encrypted_is_included_and_no_secret_is(archive, orders):
    order = orders[0]
    with unguarded():
        signed = Certification.objects.get(pk=order.certification_id)
        signed.directions = "One drop in the evening"
        signed.save()
        Notification.objects.filter(kind="invitation").first()
        message = Notification.objects.filter(context__has_key="order").first()
        message.secret = "one-time-canary"
        message.save()
    rows, _about = archive()
    assert "One drop in the evening" in {row["directions"] for row in rows["certifications"]}
    assert all(row["conditions"] for row in rows["certifications"])
    assert "canary" not in str(rows)


def test_writing_records_is_an_event_about_the_person(archive, orders):
    order = orders[0]
    archive("--patient", order.patient.number)
    event = Event.objects.get(action="records.export")
    assert (event.subject_type, event.subject_id) == ("certification.patient", order.patient_id)
    today = timezone.localdate()
    assert event.reason.startswith(f"patient {order.patient.number}, {today} to {today}: patients 1, certifications 1")


def test_without_its_event_there_is_no_archive(tmp_path, monkeypatch):
    def fails(**_event):
        raise RuntimeError

    monkeypatch.setattr("pages.records.record", fails)
    with pytest.raises(RuntimeError):
        call_command("export_records", "--from", "2026-11-01", "--to", "2026-11-02", "--file", str(tmp_path / "a.zip"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "2026-11-31", "--to", "2026-12-01"], "--from '2026-11-31' is no day"),
        (["--from", "2026-11-30", "--to", "tomorrow"], "--to 'tomorrow' is no day"),
        (["--from", "2026-11-30", "--to", "9999-12-31"], "is no day of these years"),
        (["--from", "2026-12-01", "--to", "2026-11-30"], "--from 2026-12-01 is after --to 2026-11-30"),
        (["--from", "2026-11-01", "--to", "2026-11-30", "--physician", "AB0"], "No physician has the DEA number AB0."),
        (["--from", "2026-11-01", "--to", "2026-11-30", "--patient", "me"], "No patient has the number me"),
        (["--from", "2026-11-01", "--to", "2026-11-30", "--order", "D-1"], "No order has the number D-1"),
        (["--from", "2026-11-01", "--to", "2026-11-30", "--order", "D-1", "--patient", "P-1"], "not allowed with"),
        (["--from", "2026-11-01"], "--to"),
    ],
)
def test_wrong_arguments_get_a_sentence(arguments, sentence, tmp_path):
    with pytest.raises(CommandError, match=sentence):
        call_command("export_records", *arguments, "--file", str(tmp_path / "a.zip"))
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_written_over_and_no_folder_is_guessed(tmp_path):
    (tmp_path / "a.zip").write_text("kept")
    days = ["--from", "2026-11-01", "--to", "2026-11-30"]
    with pytest.raises(CommandError, match="exists. Name another file"):
        call_command("export_records", *days, "--file", str(tmp_path / "a.zip"))
    with pytest.raises(CommandError, match="No such file or directory. Name a file with --file."):
        call_command("export_records", *days, "--file", str(tmp_path / "none" / "a.zip"))
    assert (tmp_path / "a.zip").read_text() == "kept"
