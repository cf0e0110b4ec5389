"""Files of the monitoring report on their way, to a real SFTP server."""

from datetime import timedelta

import pytest

from dispensing import actions, gateways
from dispensing.models import ReportRecord
from tests.dispensing.test_reporting import delivered
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
