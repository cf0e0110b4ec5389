"""The rules of the monitoring report, what its tables refuse, and the settings that stop the start of the portal."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.utils import timezone
from environs import Env

from dispensing import actions
from dispensing.models import ReportAnswer, ReportAttempt, ReportFile, ReportRecord
from dispensing.rules import ReportError
from dispensing.rules import reports as of_reports
from mmp_portal.required import FOR_REPORT_SERVER, FOR_REPORTS, check_required, report_server
from tests.dispensing.test_reporting import delivered
from tests.guard import unguarded
from tests.world import FACTS

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEa7t3P9cQKf2nCkP2XKq4mJY0tJmHq8k0z8u1yQx0oB"
AT = "2026-11-25T17:00Z"


def refused(words):
    return pytest.raises(ReportError, match=words)


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_check_is_set_up_names_each_value_that_is_missing(settings):
    of_reports.check_is_set_up()
    settings.REPORT_SOURCE_ID = settings.REPORT_ORIGIN_CODE = ""
    with refused("set REPORT_SOURCE_ID, REPORT_ORIGIN_CODE in the environment"):
        of_reports.check_is_set_up()
    settings.REPORT_SOURCE_ID, settings.REPORT_ORIGIN_CODE, settings.DISPENSARY_NAME = "1", "99", "李"
    with refused("No report can be written. .*李"):
        of_reports.check_is_set_up()


def test_check_facts_names_the_value_that_the_format_cannot_carry():
    of_reports.check_facts("new", FACTS)
    with refused("李"):
        of_reports.check_facts("new", {**FACTS, "recipient": {**FACTS["recipient"], "last_name": "李"}})


def test_check_can_be_downloaded_refuses_a_file_that_is_being_sent():
    of_reports.check_can_be_downloaded(ReportFile(status="made"))
    with refused("sending this file right now"):
        of_reports.check_can_be_downloaded(ReportFile(status="sending"))


def test_check_waits_for_pharmacist_and_check_was_sent():
    of_reports.check_waits_for_pharmacist(ReportRecord(status="held"))
    of_reports.check_was_sent(ReportRecord(status="error", sent_at=timezone.now()))
    for status in ("waiting", "filed", "accepted", "dropped"):
        with refused("Nothing has to be done about this report"):
            of_reports.check_waits_for_pharmacist(ReportRecord(status=status))
    with refused("This was never sent"):
        of_reports.check_was_sent(ReportRecord(status="held"))


def test_check_file_is_in_error():
    of_reports.check_file_is_in_error(ReportFile(status="error"))
    with refused("names no error in this file"):
        of_reports.check_file_is_in_error(ReportFile(status="accepted"))


def test_check_answer_text_refuses_a_blank_text():
    of_reports.check_answer_text("TH")
    with refused("Choose the file of the answer"):
        of_reports.check_answer_text(" \n")


@pytest.mark.django_db
def test_check_zero_is_not_made(monday):
    file = zero_file()
    with refused("Another zero report of this day"):
        of_reports.check_zero_is_not_made(file.day)
    of_reports.check_zero_is_not_made(file.day - timedelta(days=1))
    with unguarded():
        ReportFile.objects.update(status="error", sent_at=AT, answered_at=AT)
    of_reports.check_zero_is_not_made(file.day)


@pytest.mark.django_db
def test_check_can_be_revised_wants_the_last_report_and_that_it_was_sent(monday):
    delivered(monday)
    first, other = ReportRecord.objects.order_by("pk")
    with refused("This was not sent yet"):
        of_reports.check_can_be_revised(first)
    actions.make_files(now=timezone.now(), at_once=True, by=None)
    with unguarded():
        ReportRecord.objects.update(sent_at=AT)
    first.refresh_from_db()
    of_reports.check_can_be_revised(first)
    with unguarded():
        ReportRecord.objects.filter(pk=other.pk).update(unit=first.unit, kind="revise", replaces=first)
    with refused("Something later was reported of this unit"):
        of_reports.check_can_be_revised(first)


def test_errors_of_units_are_those_that_name_a_serial_and_those_that_name_none():
    said = ("000001 PAT07 is wrong", "RX000002: DSP08", "See the guide", "2000001 is no serial of the file")
    general = "See the guide\n2000001 is no serial of the file"
    assert of_reports.errors_of_units(said, ["000001", "000002", "000003"]) == {
        "000001": f"000001 PAT07 is wrong\n{general}",
        "000002": f"RX000002: DSP08\n{general}",
    }
    assert of_reports.errors_of_units(said[2:], ["000001"]) == {}


def test_a_file_waits_longer_after_each_try():
    assert [of_reports.pause_after(tries).seconds // 60 for tries in (1, 2, 3, 4, 9)] == [1, 2, 5, 10, 10]


# --- What the tables refuse -------------------------------------------------------------------------------------------


def zero_file():
    (file,) = actions.make_zero_reports(today=timezone.localdate(), now=timezone.now(), by=None)
    return file


@pytest.mark.django_db
def test_the_database_refuses_a_file_that_cannot_be(monday):
    file = zero_file()
    for wrong in (
        {"kind": "other"}, {"kind": "dispensings"}, {"count": 1}, {"day": None}, {"status": "other"},
        {"status": "sending"}, {"lease_until": AT}, {"status": "sent"}, {"sent_at": AT}, {"answered_at": AT},
        {"status": "accepted", "sent_at": AT}, {"control_number": ""}, {"name": ""}, {"digest": ""},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
            ReportFile.objects.filter(pk=file.pk).update(**wrong)
    again = {"kind": "zero", "count": 0, "text": "x", "digest": "1" * 64, "made_at": AT, "next_try_at": AT}
    other = date(2020, 1, 1)
    for wrong in (
        {"control_number": file.control_number, "name": "a", "day": other},
        {"control_number": "2", "name": file.name, "day": other},
        {"control_number": "2", "name": "a", "day": file.day},
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
            ReportFile.objects.create(**again, **wrong)


@pytest.mark.django_db
def test_the_database_refuses_an_attempt_or_an_answer_that_cannot_be(monday):
    file = zero_file()
    with unguarded():
        ReportAttempt.objects.create(file=file, started_at=AT)
        ReportAnswer.objects.create(received_at=AT, text="x", digest="1" * 64, kind="02", file=file)
    attempt, answer = {"file": file, "started_at": AT}, {"received_at": AT, "text": "x", "digest": "2" * 64}
    for model, wrong in (
        (ReportAttempt, {**attempt}),  # two at one time
        (ReportAttempt, {**attempt, "ended_at": AT}),
        (ReportAttempt, {**attempt, "outcome": "sent"}),
        (ReportAttempt, {**attempt, "outcome": "other", "ended_at": AT}),
        (ReportAnswer, {**answer, "digest": "1" * 64, "kind": "02", "file": file}),
        (ReportAnswer, {**answer}),
        (ReportAnswer, {**answer, "file": file}),
        (ReportAnswer, {**answer, "file": file, "kind": "02", "trouble": "Cut."}),
        (ReportAnswer, {**answer, "kind": "04", "trouble": "Cut."}),
        (ReportAnswer, {**answer, "trouble": "Cut.", "read_at": AT}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
            model.objects.create(**wrong)


# --- Settings ---------------------------------------------------------------------------------------------------------

NAMES = (*FOR_REPORTS, *FOR_REPORT_SERVER, "REPORT_SFTP_KEY", "REPORT_ANSWERS")
URL = "sftp://user@host.example.gov/in"


@pytest.mark.once
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, []),
        ({"REPORT_SOURCE_ID": "1"}, ["REPORT_PHARMACY_NUMBER", "REPORT_ORIGIN_CODE"]),
        ({"REPORT_ANSWERS": "out"}, [*FOR_REPORTS, *FOR_REPORT_SERVER, "REPORT_SFTP_KEY"]),
        ({**FOR_REPORTS, "REPORT_SFTP_URL": URL}, ["REPORT_HOST_KEY", "REPORT_SFTP_KEY"]),
        ({**FOR_REPORTS, "REPORT_SFTP_URL": "sftp://user:secret@host/in"}, ["REPORT_HOST_KEY"]),
        ({**FOR_REPORTS, "REPORT_HOST_KEY": HOST_KEY, "REPORT_SFTP_KEY": "/key"}, ["REPORT_SFTP_URL"]),
        (FOR_REPORTS, []),
    ],
)
def test_each_missing_value_of_the_report_is_named(monkeypatch, given, missing):
    for name in NAMES:
        monkeypatch.setenv(name, given.get(name, ""))
    if not missing:
        check_required(Env(), debug=True)
        return
    with pytest.raises(ImproperlyConfigured) as stopped:
        check_required(Env(), debug=True)
    assert re.findall(r"^  (\w+):", str(stopped.value), re.MULTILINE) == missing and "secret" not in str(stopped.value)


@pytest.mark.once
def test_the_server_of_the_report_is_read_and_its_folder_may_be_absolute():
    def read(url, answers=""):
        return report_server(url, host_key=f" host.example.gov {HOST_KEY} ", key_file="", answers=answers)

    assert read(" ") is None
    found = read("sftp://us%40er:a%2Fb@host.example.gov:2222/in/new/", "out/")
    assert (found["host"], found["port"], found["user"], found["password"]) == (
        "host.example.gov", 2222, "us@er", "a/b",
    )  # fmt: skip
    assert (found["folder"], found["answers"], found["host_key"]) == ("in/new", "out", HOST_KEY)
    absolute = read("sftp://user@host.example.gov//srv/in", "/srv/out")
    assert (absolute["folder"], absolute["answers"], absolute["port"]) == ("/srv/in", "/srv/out", 22)
    assert read("sftp://user@host.example.gov")["folder"] == ""


@pytest.mark.once
@pytest.mark.parametrize(
    ("url", "more", "word"),
    [
        (URL, {"host_key": ""}, "REPORT_HOST_KEY"),
        (URL, {"host_key": "ssh-ed25519 AAAA"}, "REPORT_HOST_KEY"),
        (URL, {"key_file": "/nowhere/key"}, "REPORT_SFTP_KEY names a file that is not there: /nowhere/key"),
        ("https://user:secret@host.example.gov/in", {}, "REPORT_SFTP_URL"),
        ("sftp://host.example.gov/in", {}, "REPORT_SFTP_URL"),
        ("sftp://user:secret@host.example.gov:many/in", {}, "REPORT_SFTP_URL"),
    ],
)
def test_a_wrong_server_of_the_report_stops_the_start_by_name_and_without_the_password(url, more, word):
    with pytest.raises(ImproperlyConfigured, match=re.escape(word)) as stopped:
        report_server(url, **{"host_key": HOST_KEY, "key_file": "", "answers": "", **more})
    assert "secret" not in str(stopped.value)
