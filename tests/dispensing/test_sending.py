"""Files of the monitoring report on their way, to a real SFTP server."""

from datetime import timedelta

import pytest
from django.utils import timezone

from delivery.models import HandOverCorrection
from dispensing import actions, gateways
from dispensing.models import ReportRecord
from notifications.models import Notification
from tests import factories
from tests.dispensing.test_reporting import delivered
from tests.dispensing.test_units import correct
from tests.sftp import Sftp

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path, settings, monkeypatch):
    with Sftp(tmp_path) as started:
        settings.REPORT_SERVER = started.setting
        monkeypatch.setattr(gateways, "SECONDS", 1)
        monkeypatch.setattr(gateways, "SECONDS_TO_LEAVE", 0.2)
        monkeypatch.setattr(gateways, "UNCHANGED_FOR", 0)
        yield started


def made(clock):
    """Return the file of an order of two units that was handed over, made ten minutes later."""
    handed = delivered(clock)
    clock.move_to(handed.stated_at + timedelta(minutes=10), tick=True)
    (file,) = actions.make_files(now=handed.stated_at + timedelta(minutes=10), by=None)
    return file


def test_a_file_is_uploaded_whole_and_renamed(monday, server):
    file = made(monday)
    assert actions.send_reports(by=None) == 1
    file.refresh_from_db()
    assert server.files() == {file.name: file.text}
    assert file.status == "sent" and file.sent_at and file.tries == 1
    assert set(ReportRecord.objects.values_list("status", "sent_at")) == {("filed", file.sent_at)}
    assert [each.outcome for each in file.attempts.all()] == ["sent"]
    assert actions.send_reports(by=None) == 0


@pytest.mark.parametrize("ill", ["hangs", "half", "refuses", "wrong key", "away"])
def test_a_file_that_was_not_taken_is_sent_again_under_its_name(monday, server, settings, ill):
    file = made(monday)
    server.ill = ill
    if ill == "wrong key":
        settings.REPORT_SERVER = {**server.setting, "host_key": OTHER_KEY}
    if ill == "away":
        settings.REPORT_SERVER = {**server.setting, "port": 1}
    assert actions.send_reports(by=None) == 0
    file.refresh_from_db()
    (attempt,) = file.attempts.all()
    assert (file.status, attempt.outcome, server.uploads) == ("made", "failed", [])
    assert attempt.words and "patient" not in attempt.words
    assert actions.send_reports(by=None) == 0 and file.attempts.count() == 1  # it waits first
    server.ill, settings.REPORT_SERVER = "", server.setting
    monday.shift(timedelta(minutes=1))
    assert actions.send_reports(by=None) == 1
    assert server.files() == {file.name: file.text} and server.uploads == [file.name]


OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEa7t3P9cQKf2nCkP2XKq4mJY0tJmHq8k0z8u1yQx0oB"


# --- Answers ----------------------------------------------------------------------------------------------------------


def answer_to(file, kind, *messages):
    """Return an answer of the monitoring program to a file."""
    lines = [f"TH*4.2A*R1*{kind}*{file.control_number}*20261125*120000*T**~~", *(f"IS*1*X*{m}~" for m in messages)]
    return "\n".join([*lines, f"TT*R1*{len(lines) + 1}~"]) + "\n"


def test_an_accepted_file_cuts_the_number_of_the_photo_id(monday, server):
    file = made(monday)
    actions.send_reports(by=None)
    server.answer("one.txt", answer_to(file, "02"))
    assert actions.fetch_answers(by=None) == 1 and actions.fetch_answers(by=None) == 0
    file.refresh_from_db()
    record = ReportRecord.objects.first()
    assert (file.status, record.status, record.facts["picked_up"]) == ("accepted", "accepted", None)
    hand_over = record.unit.order.hand_over
    assert hand_over.id_number == " 780" and "123 456" not in file.text and "* 780*" in file.text


def test_an_answer_with_an_error_puts_the_records_into_the_work_list(monday, server):
    file = made(monday)
    actions.send_reports(by=None)
    answer = actions.record_answer(text=answer_to(file, "03", "PAT07 INVALID", "Delete not found"), by=None)
    assert answer.is_alarm and answer.file == file
    assert [each.problem for each in ReportRecord.objects.to_correct()] == ["PAT07 INVALID\nDelete not found"] * 2
    actions.send_file_again(file=file, by=factories.staff("Pharmacist"))
    (second,) = actions.make_files(now=timezone.now(), by=None)
    assert second.control_number != file.control_number and second.count == 2


def test_an_answer_that_is_cut_or_foreign_is_kept_and_changes_nothing(monday, server):
    file = made(monday)
    whole = answer_to(file, "02")
    for text, word in [(whole[:-4], "cut"), (whole.replace(file.control_number, "77"), "77")]:
        assert word in actions.record_answer(text=text, by=None).trouble
    file.refresh_from_db()
    assert file.status == "made" and set(ReportRecord.objects.values_list("status", flat=True)) == {"filed"}


def test_a_return_after_the_report_is_a_void_of_what_was_sent(monday, server):
    file = made(monday)
    actions.send_reports(by=None)
    handed = ReportRecord.objects.first().unit.order.hand_over
    correct(handed, HandOverCorrection.Goods.SEALED)
    (second,) = actions.make_files(now=timezone.now(), by=None)
    serial = str(handed.order.units.last())
    line = next(line for line in file.text.splitlines() if line.startswith("DSP") and serial in line)
    assert line.replace("DSP*00", "DSP*02") in second.text.splitlines()


def test_a_day_without_dispensing_has_one_zero_report(monday):
    today = timezone.localdate()
    (file,) = actions.make_zero_reports(today=today, now=timezone.now(), by=None)
    assert file.day == today - timedelta(days=1) and "ZERO" in file.text
    assert actions.make_zero_reports(today=today, now=timezone.now(), by=None) == []
    later = actions.make_zero_reports(today=today + timedelta(days=3), now=timezone.now(), by=None)
    assert [each.day for each in later] == [today + timedelta(days=past) for past in range(3)]


def test_what_is_not_reported_after_50_minutes_alarms_once(monday):
    handed = delivered(monday)
    factories.staff("Pharmacist")
    assert actions.alarm_late(now=handed.stated_at + timedelta(minutes=49), by=None) == 0
    assert actions.alarm_late(now=handed.stated_at + timedelta(minutes=50), by=None) == 2
    assert actions.alarm_late(now=handed.stated_at + timedelta(minutes=51), by=None) == 0
    assert Notification.objects.filter(kind="report_alarm").count() >= 1
