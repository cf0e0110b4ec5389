from smtplib import SMTPServerDisconnected

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test import TestCase
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.models import Event
from notifications import actions, kinds, waking, writes
from notifications.message_ids import message_id
from notifications.models import Notification
from notifications.signals import tried
from tests.guard import unguarded
from tests.mails import pass_time

pytestmark = pytest.mark.django_db
Status = Notification.Status


@pytest.fixture(autouse=True)
def _kind(monkeypatch):
    """A real kind of the portal, whose words are given here instead of read from a message row."""
    words = {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", lambda _notification: words))


def queue(key="one", **over):
    actions.queue(**{"kind": "contact_receipt", "recipient": "rosa@example.org", "dedupe_key": key, "by": None, **over})
    return Notification.objects.get(dedupe_key=key)


def claim():
    with unguarded():
        return writes.claim(priorities=actions.ALL, limit=100)


def test_queue_twice_writes_one_row():
    queue()
    queue(recipient="other@example.org")
    assert list(Notification.objects.values_list("recipient", "status")) == [("rosa@example.org", "queued")]


def test_queue_many_writes_at_once_and_wakes_the_sender_once(django_assert_num_queries, monkeypatch):
    woken = []
    monkeypatch.setattr(actions.current_app.tasks["notifications.send_due"], "delay", lambda **_: woken.append(1))
    message = {"kind": "contact_receipt", "recipient": "rosa@example.org"}
    messages = [{**message, "dedupe_key": f"one:{number % 40}"} for number in range(50)]

    with TestCase.captureOnCommitCallbacks(execute=True), django_assert_num_queries(1):
        actions.queue_many(messages=messages, by=None)

    assert (Notification.objects.count(), len(woken)) == (40, 1)


def test_queue_wakes_the_sender_after_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        queue()
        assert mail.outbox == []
    assert [message.to for message in mail.outbox] == [["rosa@example.org"]]


def test_queue_survives_a_broker_that_is_away(monkeypatch, django_capture_on_commit_callbacks):
    def refuse(*args, **kwargs):
        raise OperationalError("refused")

    monkeypatch.setattr(actions.current_app.tasks["notifications.send_due"], "delay", refuse)
    # As with Redis, but at once: an error of the background would not reach the test.
    monkeypatch.setattr(actions, "_wake_sender", lambda task="notifications.send_due": waking._send(task))
    with django_capture_on_commit_callbacks(execute=True):
        row = queue()
    assert row.status == Status.QUEUED
    assert actions.send_due(by=None) == 1


def test_send_due_sends_once_and_erases_the_secret():
    row = queue(secret="http://testserver/invitation/token/")
    assert (actions.send_due(by=None), actions.send_due(by=None)) == (1, 0)
    row.refresh_from_db()
    assert (row.status, row.secret, row.attempts, row.lease_until) == (Status.SENT, None, 1, None)
    assert mail.outbox[0].extra_headers["Message-ID"] == row.message_id == message_id(row.pk)


def test_secret_is_unreadable_in_the_table():
    row = queue(secret="http://testserver/invitation/token/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM notifications_notification WHERE id = %s", [row.pk])
        assert "token" not in cursor.fetchone()[0]


def test_send_due_drops_a_message_that_is_not_true_any_more(monkeypatch):
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", lambda _row: None))
    row = queue()
    assert actions.send_due(by=None) == 0
    row.refresh_from_db()
    assert (row.status, mail.outbox) == (Status.CANCELLED, [])


def test_send_due_leaves_a_row_that_another_worker_holds():
    row = queue()
    assert claim() == [row]
    assert claim() == []
    assert actions.send_due(by=None) == 0


def test_send_due_takes_a_row_whose_lease_ran_out():
    row = queue()
    claim()
    pass_time(minutes=5)
    assert actions.send_due(by=None) == 1
    row.refresh_from_db()
    assert (row.status, row.attempts) == (Status.SENT, 2)


def test_send_due_tries_a_failure_later_and_sends_the_others(monkeypatch):
    monkeypatch.setitem(kinds._kinds, "broken", kinds.Kind("broken", lambda _row: {}))
    broken = queue("one", kind="broken")
    queue("two")
    assert actions.send_due(by=None) == 1
    broken.refresh_from_db()
    assert (broken.status, broken.last_error) == (Status.QUEUED, "TemplateDoesNotExist")
    assert broken.due_at > timezone.now()


def test_send_due_gives_up_after_the_last_attempt(monkeypatch):
    monkeypatch.setitem(kinds._kinds, "broken", kinds.Kind("broken", lambda _row: {}))
    broken = queue("one", kind="broken")
    for _try in range(actions.MOST_ATTEMPTS + 1):
        actions.send_due(by=None)
        pass_time(hours=9)
    broken.refresh_from_db()
    assert (broken.status, broken.attempts) == (Status.FAILED, actions.MOST_ATTEMPTS)


def test_send_due_leaves_phone_calls_to_people():
    row = queue(channel="phone", recipient="+12035550142")
    assert actions.send_due(by=None) == 0
    row.refresh_from_db()
    assert row.status == Status.QUEUED


def test_drop_calls_removes_a_call_that_is_not_needed_any_more(monkeypatch):
    monkeypatch.setitem(kinds._kinds, "stale", kinds.Kind("stale", lambda _row: None))
    stale, holds = (
        queue(kind, kind=kind, channel="phone", recipient="+12035550142") for kind in ("stale", "contact_receipt")
    )
    assert actions.drop_calls(by=None) == 1
    stale.refresh_from_db(), holds.refresh_from_db()
    assert (stale.status, holds.status) == (Status.CANCELLED, Status.QUEUED)


def test_send_due_leaves_the_row_to_the_next_sweep_when_the_worker_runs_out_of_time(monkeypatch):
    def too_long(_row):
        raise SoftTimeLimitExceeded

    words = kinds._kinds["contact_receipt"]
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", too_long))
    row = queue()
    with pytest.raises(SoftTimeLimitExceeded):
        actions.send_due(by=None)
    row.refresh_from_db()
    assert (row.status, row.last_error) == (Status.SENDING, "")
    monkeypatch.setitem(kinds._kinds, "contact_receipt", words)
    pass_time(minutes=6)
    assert actions.send_due(by=None) == 1


def test_a_worker_whose_lease_ran_out_marks_nothing():
    row = queue()
    (slow,) = claim()
    pass_time(minutes=6)
    assert claim() == [row]
    with unguarded():
        writes.mark_sent(slow, "<late>")
    row.refresh_from_db()
    assert row.status == Status.SENDING


def test_a_mail_has_a_plain_part_and_replies_reach_people():
    queue()
    actions.send_due(by=None)
    message = mail.outbox[0]
    assert message.reply_to == ["help@example.org"]
    assert message.body.strip() and message.alternatives[0].mimetype == "text/html"


class ServerAway(BaseEmailBackend):
    """A mail backend whose server takes no connection, a stand-in for the network."""

    tried = 0

    def open(self):
        ServerAway.tried += 1
        raise SMTPServerDisconnected


def test_send_due_tries_one_message_while_the_server_is_away_and_counts_no_attempt(settings, monkeypatch):
    monkeypatch.setattr(ServerAway, "tried", 0)
    settings.EMAIL_BACKEND = f"{__name__}.ServerAway"
    rows = [queue(key) for key in "abc"]
    signalled = []
    tell = lambda kind, is_sent, **_: signalled.append((kind, is_sent))  # noqa: E731
    tried.connect(tell)
    try:
        assert (actions.send_due(by=None), ServerAway.tried) == (0, 1)
    finally:
        tried.disconnect(tell)
    assert signalled == [("contact_receipt", False)]
    rows[0].refresh_from_db()
    assert (rows[0].status, rows[0].attempts, rows[0].lease_until) == (Status.QUEUED, 0, None)
    assert rows[0].last_error == "SMTPServerDisconnected"


def test_send_due_sends_everything_after_an_outage_of_a_day(settings):
    settings.EMAIL_BACKEND = f"{__name__}.ServerAway"
    rows = [queue(key) for key in "ab"]
    for _hour in range(24):
        actions.send_due(by=None)
        pass_time(hours=1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert actions.send_due(by=None) == len(rows)


def failed_row(**over):
    row = queue(secret="https://testserver/link/", **over)
    with unguarded():
        Notification.objects.filter(pk=row.pk).update(
            status=Status.FAILED, attempts=3, last_error="SMTPRecipientsRefused 550"
        )
    return Notification.objects.get(pk=row.pk)


def test_resend_sends_a_failed_message_once_more_under_its_message_id():
    row = failed_row()
    actions.resend(notification=row, reason="The mailbox exists again.", by=None)
    actions.resend(notification=row, reason="A second press.", by=None)
    assert actions.send_due(by=None) == 1
    row.refresh_from_db()
    assert (row.status, row.attempts, row.secret) == (Status.SENT, 1, None)
    assert mail.outbox[0].extra_headers["Message-ID"] == row.message_id
    assert [event.reason for event in Event.objects.filter(action="notification.resend")] == [
        "The mailbox exists again."
    ]


def test_resend_leaves_what_has_not_failed():
    row = queue()
    actions.resend(notification=row, reason="Too early.", by=None)
    assert not Event.objects.filter(action="notification.resend").exists()


@pytest.mark.parametrize("make", [queue, failed_row])
def test_cancel_message_sends_nothing_and_erases_the_link(make):
    row = make()
    actions.cancel_message(notification=row, reason="It was for somebody else.", by=None)
    actions.cancel_message(notification=row, reason="A second press.", by=None)
    assert actions.send_due(by=None) == 0 and not mail.outbox
    row.refresh_from_db()
    assert (row.status, row.secret) == (Status.CANCELLED, None)
    assert Event.objects.get(action="notification.cancel").reason == "It was for somebody else."


def test_cancel_message_leaves_what_was_sent():
    row = queue()
    actions.send_due(by=None)
    for act in (actions.cancel_message, actions.resend):
        with pytest.raises(actions.TooLate, match="“sent” by now"):
            act(notification=row, reason="Too late.", by=None)
    row.refresh_from_db()
    assert row.status == Status.SENT and not Event.objects.filter(action="notification.cancel", outcome="done").exists()
