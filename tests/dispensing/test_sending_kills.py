"""A sender that is killed, and two senders at once: a file arrives whole, once, under its name."""

import time
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from dispensing import actions
from dispensing.models import ReportFile
from dispensing.writes import report_files
from tests.delivery.test_races import at_once
from tests.guard import unguarded
from tests.processes import start_manage
from tests.sftp import Sftp

pytestmark = pytest.mark.django_db(transaction=True)
SENDER = "from dispensing import actions; actions.send_reports(by=None)"


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads and processes would not share a stopped one."""


@pytest.fixture
def server(tmp_path, settings):
    with Sftp(tmp_path) as started:
        settings.REPORT_SERVER = started.setting
        yield started


def zero_file():
    today = timezone.localdate()
    (file,) = actions.make_zero_reports(today=today, now=timezone.now(), by=None)
    return file


def test_a_sender_that_is_killed_in_the_middle_loses_nothing(server):
    file = zero_file()
    server.ill = "hangs"
    process = start_manage(
        "shell", "-c", SENDER, REPORT_SFTP_URL=server.url, REPORT_HOST_KEY=server.host_key, REPORT_ANSWERS="answers"
    )
    try:
        deadline = time.monotonic() + 60
        while not server.begun:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    file.refresh_from_db()
    assert (file.status, server.uploads) == ("sending", []) and server.files()[f".{file.name}.part"] != file.text
    server.ill = ""
    assert actions.send_reports(by=None) == 0  # the killed one still has it
    with unguarded():
        ReportFile.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert actions.send_reports(by=None) == 1
    assert server.files() == {file.name: file.text} and server.uploads == [file.name]
    assert [each.outcome for each in file.attempts.all()] == ["lost", "sent"]


def test_two_senders_send_a_file_once(server):
    file = zero_file()
    assert sorted(at_once([partial(actions.send_reports, by=None)] * 2)) == [0, 1]
    assert server.uploads == [file.name]


def test_control_senders_that_claim_nothing_send_a_file_twice(server, monkeypatch):
    file = zero_file()
    attempt = file.attempts.model(file=file)
    once = iter([(file, attempt), (file, attempt)])
    monkeypatch.setattr(report_files, "claim_file", lambda *, now: next(once, None))
    actions.send_reports(by=None)
    assert server.uploads == [file.name] * 2
