"""The sender on bad days, against a real mail server: nothing is lost, and one message never stops the others."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.utils import timezone

from certification.actions import queue_renewal_reminders, reminders
from certification.models import Patient
from certification.writes.reminders import reminders_for
from notifications import actions, kinds
from notifications.models import Notification
from notifications.rules import MOST_LOST_WORKERS, WORKER_LOST
from tests import factories
from tests.guard import unguarded
from tests.mails import pass_time
from tests.notifications.test_actions import claim
from tests.sink import Sink
from tests.wire import Wire

pytestmark = pytest.mark.django_db
Status = Notification.Status


@pytest.fixture(autouse=True)
def _kind(monkeypatch):
    words = {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", lambda _notification: words))


@pytest.fixture
def sink(settings, request):
    with Sink(**getattr(request, "param", {})) as started:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", started.port, 1
        yield started


def queue(count, **over):
    """Queue so many messages, to a0@example.org, a1@…; return them."""
    for number in range(count):
        message = {"recipient": f"a{number}@example.org", "dedupe_key": f"{over}:{number}", **over}
        actions.queue(kind=message.pop("kind", "contact_receipt"), by=None, **message)
    return list(Notification.objects.order_by("pk"))


def states():
    rows = Notification.objects.order_by("pk").values_list("status", "attempts", "last_error")
    return {f"a{number}": row for number, row in enumerate(rows)}


SENT, WAITING = (Status.SENT, 1, ""), (Status.QUEUED, 0, "")


# --- The connection -----------------------------------------------------------------------------------------------


def test_a_run_sends_all_mails_over_one_connection(sink):
    queue(30)
    assert (actions.send_due(by=None), sink.connections) == (30, 1)
    assert len(sink.counts()) == len(sink.arrived) == 30


@pytest.mark.parametrize("sink", [{"closes": True}], indirect=True)
def test_a_server_that_closes_after_each_mail_gets_each_once(sink):
    queue(12)
    assert actions.send_due(by=None) == 12
    assert set(sink.counts().values()) == {1} and sink.connections > 6


def test_a_line_to_the_server_that_is_cut_between_two_mails_is_opened_again(sink, settings):
    queue(10)
    with Wire(("127.0.0.1", sink.port)) as wire:
        settings.EMAIL_PORT = wire.port
        to_cut = {3, 7}

        def cut():
            if len(sink.arrived) in to_cut:
                to_cut.remove(len(sink.arrived))
                wire.cuts()
            return False

        assert actions.send_due(is_stopping=cut, by=None) == 10
    assert set(sink.counts().values()) == {1} and (len(sink.arrived), sink.connections) == (10, 3)


def test_a_server_that_hangs_in_the_middle_of_data_gets_the_other_mails(sink):
    queue(4)
    sink.hangs_in_data = {"a1@example.org"}
    assert actions.send_due(by=None) == 3
    assert states() == {"a0": SENT, "a1": (Status.QUEUED, 1, "SMTPServerDisconnected"), "a2": SENT, "a3": SENT}
    assert [b"a1@example.org" in begun and b"\r\n.\r\n" not in begun for begun in sink.begun] == [True]
    sink.hangs_in_data = set()
    pass_time(minutes=3)
    assert actions.send_due(by=None) == 1
    assert set(sink.counts().values()) == {1} and len(sink.arrived) == 4


def test_a_server_that_never_answers_to_one_mail_gets_the_other_mails(sink):
    queue(4)
    sink.hangs_at = {"a1@example.org"}
    assert actions.send_due(by=None) == 3
    assert states() == {"a0": SENT, "a1": (Status.QUEUED, 1, "SMTPServerDisconnected"), "a2": SENT, "a3": SENT}
    pass_time(minutes=3)
    assert actions.send_due(by=None) == 0  # it hangs again
    assert Notification.objects.get(recipient="a1@example.org").attempts == 2
    sink.hangs_at = set()
    pass_time(hours=1)
    assert actions.send_due(by=None) == 1
    assert set(sink.counts().values()) == {1}


def test_a_server_that_hangs_at_each_mail_gets_one_try_and_loses_none(sink):
    queue(4)
    sink.hangs_at = {f"a{number}@example.org" for number in range(4)}
    assert actions.send_due(by=None) == 0
    assert states() == {"a0": (Status.QUEUED, 1, "SMTPServerDisconnected"), "a1": WAITING, "a2": WAITING, "a3": WAITING}


def test_a_server_that_is_gone_costs_one_try_that_does_not_count(sink):
    queue(3)
    sink.stop()
    assert actions.send_due(by=None) == 0
    assert states() == {"a0": (Status.QUEUED, 0, "ConnectionRefusedError"), "a1": WAITING, "a2": WAITING}


# --- Refusals -------------------------------------------------------------------------------------------------------


def test_an_address_that_does_not_exist_fails_at_once_and_the_others_go(sink):
    queue(3)
    sink.refuses = {"a1@example.org": "550 no such user"}
    assert actions.send_due(by=None) == 2
    assert states() == {"a0": SENT, "a1": (Status.FAILED, 1, "SMTPRecipientsRefused 550"), "a2": SENT}


def test_a_full_mailbox_is_tried_again_after_growing_pauses(sink):
    (row,) = queue(1)
    sink.refuses = {"a0@example.org": "452 4.2.2 mailbox full"}
    pauses = []
    for attempt in range(3):
        assert actions.send_due(by=None) == 0
        row.refresh_from_db()
        assert (row.status, row.attempts, row.last_error) == (Status.QUEUED, attempt + 1, "SMTPRecipientsRefused 452")
        pauses.append(round((row.due_at - timezone.now()).total_seconds() / 60))
        pass_time(minutes=pauses[-1] + 1)
    assert pauses == [2, 4, 8]
    sink.refuses = {}
    assert actions.send_due(by=None) == 1


def test_a_server_that_refuses_us_makes_no_message_fail(sink):
    queue(3)
    sink.refuses_sender = "530 sign in first"
    assert actions.send_due(by=None) == 0
    assert states() == {"a0": (Status.QUEUED, 0, "SMTPSenderRefused 530"), "a1": WAITING, "a2": WAITING}


# --- Words ----------------------------------------------------------------------------------------------------------


class Broken:
    """A word that raises when a template writes it."""

    def __str__(self):
        raise ZeroDivisionError


def test_words_that_raise_for_one_recipient_do_not_stop_the_others(sink, monkeypatch):
    def words(notification):
        if notification.recipient == "a1@example.org":
            raise KeyError("a name")
        return {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}

    def words_of_many(notifications):
        return {notification.pk: words(notification) for notification in notifications}

    kind = kinds.Kind("contact_receipt", words, contexts_for=words_of_many)
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kind)
    queue(3)
    assert actions.send_due(by=None) == 2
    assert states() == {"a0": SENT, "a1": (Status.QUEUED, 1, "KeyError"), "a2": SENT}


def test_a_template_that_raises_for_one_recipient_does_not_stop_the_others(sink, monkeypatch):
    def words(notification):  # the address is the last thing that the template of the text writes
        address = Broken() if notification.recipient == "a1@example.org" else "http://testserver/contact/"
        return {"number": "M-2345-6789", "contact_url": address}

    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", words))
    queue(3)
    assert actions.send_due(by=None) == 2
    assert states() == {"a0": SENT, "a1": (Status.QUEUED, 1, "ZeroDivisionError"), "a2": SENT}


def test_a_name_with_a_line_break_forges_no_header(sink):
    day = timezone.localdate() + timedelta(days=20)
    made = factories.certification(on=day.replace(year=day.year - 1), joined=False)
    with unguarded():
        Patient.objects.filter(pk=made.patient_id).update(first_name="Rosa\r\nBcc: eve@example.org")
        Notification.objects.all().delete()
    queue_renewal_reminders(today=timezone.localdate(), by=None)
    assert actions.send_due(by=None) == 2
    assert not any(b"bcc: eve" in content.partition(b"\r\n\r\n")[0].lower() for content in sink.contents)
    assert "eve@example.org" not in sink.recipients()


def test_the_words_of_many_reminders_take_few_queries(django_assert_max_num_queries):
    day = timezone.localdate() + timedelta(days=20)
    first = factories.certification(on=day.replace(year=day.year - 1), joined=False)
    factories.copies(first, 40)
    with unguarded():
        Notification.objects.all().delete()
    queue_renewal_reminders(today=timezone.localdate(), by=None)
    rows = list(Notification.objects.all())
    with django_assert_max_num_queries(3):
        many = kinds.words_of_many(rows)
    assert len(many) == len(rows) == 82
    for row in rows[:4]:
        assert many[row.pk] == kinds.get(row.kind).context_for(row)


# --- A message that ends its worker ---------------------------------------------------------------------------------


@pytest.fixture
def deadly(monkeypatch):
    """The words of a1 end each worker that reads them."""

    def words(notification):
        if notification.recipient == "a1@example.org":
            raise SoftTimeLimitExceeded
        return {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}

    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", words))


def end_workers(count):
    """Let so many workers end with a1 in hand, each when the lease of the one before it has run out."""
    for _worker in range(count):
        with pytest.raises(SoftTimeLimitExceeded):
            actions.send_due(by=None)
        pass_time(minutes=6)


@pytest.mark.usefixtures("deadly")
def test_a_message_that_ends_its_worker_fails_when_five_have_ended(sink):
    queue(3)
    end_workers(MOST_LOST_WORKERS)
    assert actions.send_due(by=None) == 1  # a2, which waited behind it
    assert states() == {"a0": SENT, "a1": (Status.FAILED, MOST_LOST_WORKERS + 1, WORKER_LOST), "a2": SENT}


@pytest.mark.usefixtures("deadly")
def test_control_without_the_count_such_a_message_is_tried_for_ever(sink, monkeypatch):
    monkeypatch.setattr(actions, "is_deadly", lambda _lost_workers: False)
    queue(3)
    end_workers(2 * MOST_LOST_WORKERS)
    assert states()["a1"] == (Status.SENDING, 2 * MOST_LOST_WORKERS, "") and states()["a2"] == WAITING


def test_messages_that_were_claimed_with_a_deadly_one_do_not_count_as_deadly(sink):
    queue(3)
    for _worker in range(MOST_LOST_WORKERS + 1):
        claim()
        pass_time(minutes=6)
    assert actions.send_due(by=None) == 2
    assert [row.lost_workers for row in Notification.objects.order_by("pk")] == [MOST_LOST_WORKERS + 1, 1, 1]
    assert states()["a0"][2] == WORKER_LOST


def test_a_message_that_staff_send_again_has_every_try_ahead_of_it(sink):
    (row,) = queue(1)
    with unguarded():
        Notification.objects.update(status=Status.FAILED, lost_workers=MOST_LOST_WORKERS, last_error=WORKER_LOST)
    actions.resend(notification=row, reason="The template is corrected.", by=None)
    row.refresh_from_db()
    assert (row.status, row.lost_workers) == (Status.QUEUED, 0)


# --- Stopping -------------------------------------------------------------------------------------------------------


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_claimed(sink):
    queue(10)
    assert actions.send_due(is_stopping=lambda: len(sink.arrived) == 3, by=None) == 3
    assert list(states().values()) == [SENT] * 3 + [WAITING] * 7
    assert not Notification.objects.filter(lease_until__isnull=False).exists()
    assert actions.send_due(by=None) == 7


def test_a_worker_out_of_time_gives_back_what_it_did_not_try(sink, monkeypatch):
    def words(notification):
        if notification.recipient == "a2@example.org":
            raise SoftTimeLimitExceeded
        return {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}

    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", words))
    queue(5)
    with pytest.raises(SoftTimeLimitExceeded):
        actions.send_due(by=None)
    assert list(states().values()) == [SENT, SENT, (Status.SENDING, 1, ""), WAITING, WAITING]


def test_no_mail_is_begun_after_the_time_of_the_run(sink):
    queue(5)
    assert actions.send_due(within=timedelta(0), by=None) == 0
    assert set(states().values()) == {WAITING}


# --- Urgent and bulk ------------------------------------------------------------------------------------------------


def test_an_urgent_message_goes_before_older_bulk_ones(sink):
    queue(5, priority=Notification.BULK)
    actions.queue(kind="contact_receipt", recipient="now@example.org", dedupe_key="now", by=None)
    assert actions.send_due(limit=2, by=None) == 2
    assert sink.recipients() == ["now@example.org", "a0@example.org"]


def test_each_queue_sends_its_own_messages(sink):
    queue(2, priority=Notification.BULK)
    actions.queue(kind="contact_receipt", recipient="now@example.org", dedupe_key="now", by=None)
    assert actions.send_due(priorities=actions.URGENT, limit=None, by=None) == 1
    assert actions.send_due(priorities=actions.BULK, limit=None, by=None) == 2


# --- Clocks ---------------------------------------------------------------------------------------------------------


def test_a_worker_whose_clock_is_five_minutes_ahead_takes_nothing_from_another(sink):
    queue(1)
    claim()
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=30)):
        # The control: by its own clock the lease has run out.
        assert Notification.objects.filter(lease_until__lt=timezone.now()).exists()
        assert actions.send_due(by=None) == 0
    assert sink.arrived == []


@pytest.mark.parametrize("minutes", [-60, -5, 5])
def test_a_worker_whose_clock_is_wrong_sends_what_is_due(sink, minutes):
    queue(2)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert actions.send_due(by=None) == 2
    sent_at = Notification.objects.order_by("pk").first().sent_at
    assert abs(sent_at - timezone.now()) < timedelta(minutes=1)


def test_messages_of_before_the_clock_was_set_back_an_hour_are_sent_at_once(sink):
    queue(3)
    pass_time(hours=-1)
    assert actions.send_due(by=None) == 3


# --- Two at once ----------------------------------------------------------------------------------------------------


def queue_reminders(*, then=lambda: None):
    try:
        then()
        queue_renewal_reminders(today=timezone.localdate(), part=100, by=None)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_key", [True, False], ids=["key", "control"])
def test_two_beats_at_once_queue_each_reminder_once(has_key, monkeypatch):
    """A third beat comes late, and begins the day again. In the control each beat has keys of its own."""
    monkeypatch.setattr(actions, "_wake_sender", lambda *_: None)
    if not has_key:
        keys = count()
        of_beat = lambda told, kind, today: reminders_for(told, f"{kind} {next(keys)}", today=today)  # noqa: E731
        monkeypatch.setattr(reminders, "reminders_for", of_beat)
    day = timezone.localdate() + timedelta(days=20)
    first = factories.certification(on=day.replace(year=day.year - 1), joined=False)
    factories.copies(first, 500)
    start = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _number: queue_reminders(then=lambda: start.wait(30)), range(2)))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(queue_reminders).result()
    rows = Notification.objects.filter(kind="renewal_reminder")
    told = set(rows.values_list("context__certification", "context__role"))
    assert len(told) == 2 * 501
    assert (rows.count() == len(told)) is has_key
