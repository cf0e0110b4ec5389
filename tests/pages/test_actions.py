import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from accounts.actions import create_user
from audit.models import Event
from notifications.actions import send_due
from notifications.models import Notification
from pages import actions, rules
from pages.models import ContactMessage
from tests.guard import unguarded
from tests.pages.test_answers import answer

pytestmark = pytest.mark.django_db
TEXT = "Buy at http://spam.example now"


def receive(**changes):
    sent = {"name": "Rosa Delgado", "email": "Rosa@Example.org", "message": TEXT, "address": "192.0.2.1", "by": None}
    return actions.receive_message(**{**sent, **changes})


@pytest.fixture
def staff():
    return create_user(email="staff@example.org", password=None, is_staff=True, by=None)


def test_receive_message_stores_it():
    message = receive()
    stored = ContactMessage.objects.get()
    assert stored == message
    assert (stored.name, stored.email, stored.message) == ("Rosa Delgado", "rosa@example.org", TEXT)
    assert stored.number.startswith("M-")
    assert str(stored) == stored.number
    assert stored.is_open


def test_receive_message_stores_neither_text_nor_address_in_the_clear():
    receive()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM pages_contactmessage")
        row = str(cursor.fetchall())
    assert "spam.example" not in row
    assert "192.0.2.1" not in row


def test_receive_message_is_an_event_without_personal_text():
    message = receive()
    event = Event.objects.get(action="message.receive")
    assert (event.subject_id, event.outcome, event.actor_id, event.reason) == (message.pk, "done", None, "")


def test_receive_message_sends_a_receipt_and_notifies_staff(settings):
    message = receive()
    assert set(Notification.objects.values_list("kind", "recipient")) == {
        ("contact_receipt", "rosa@example.org"),
        ("contact_message", settings.DISPENSARY_EMAIL),
    }
    assert send_due(by=None) == 2
    receipt = next(sent for sent in mail.outbox if sent.to == ["rosa@example.org"])
    assert receipt.subject == f"We received your message {message.number}"
    assert "(203) 555-0100" in receipt.body
    assert settings.DISPENSARY_HOURS in receipt.body
    to_staff = next(sent for sent in mail.outbox if sent.to == [settings.DISPENSARY_EMAIL])
    assert to_staff.subject == f"New message {message.number} waits for an answer"
    assert f"/admin/pages/contactmessage/{message.pk}/change/" in to_staff.body


def test_mails_repeat_nothing_that_the_visitor_typed():
    receive(name="Visit spam.example")
    send_due(by=None)
    for sent in mail.outbox:
        whole = str(sent.message())
        assert "spam.example" not in whole
        assert "spam.example" not in sent.alternatives[0].content


def test_staff_are_not_notified_of_a_message_that_was_answered_meanwhile(staff):
    answer(receive(), by=staff)
    assert send_due(by=None) == 2
    assert {sent.to[0] for sent in mail.outbox} == {"rosa@example.org"}
    assert Notification.objects.get(kind="contact_message").status == "cancelled"


def test_receive_message_twice_returns_the_first(staff):
    first = receive()
    assert receive() == first
    assert ContactMessage.objects.count() == 1
    assert Notification.objects.count() == 2


def test_receive_message_after_the_same_text_was_answered_returns_the_first(staff):
    first = receive()
    answer(first, by=staff)
    assert receive() == first


def test_receive_message_over_the_limit_writes_only_the_refusal():
    for number in range(3):
        receive(message=f"text {number}")
    with pytest.raises(rules.TooManyMessages):
        receive(message="one more")
    assert ContactMessage.objects.count() == 3
    assert Notification.objects.count() == 6
    assert Event.objects.filter(action="message.receive", outcome="refused", reason="TooManyMessages").count() == 1


def test_receive_message_refuses_a_forged_header():
    with pytest.raises(rules.UnreadableName):
        receive(name="Eve\r\nBcc: all@example.org")
    assert not ContactMessage.objects.exists()
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"email": ""}, {"number": ""}, {"content_digest": ""}, {"answered_at": "2026-11-23T12:00:00Z"}],
)
def test_database_refuses_an_incomplete_message(change):
    message = receive()
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        ContactMessage.objects.filter(pk=message.pk).update(**change)


def test_database_refuses_an_answer_without_a_time(staff):
    message = receive()
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        ContactMessage.objects.filter(pk=message.pk).update(answered_by=staff)


# --- Races ----------------------------------------------------------------------------------------------------------


def at_once(texts):
    """Call `receive` in one thread for each text, all at the same moment; return the messages and refusals."""
    barrier = threading.Barrier(len(texts))

    def receive_text(text):
        barrier.wait()
        try:
            return receive(message=text)
        except rules.TooManyMessages as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(texts)) as pool:
        return list(pool.map(receive_text, texts))


@pytest.mark.django_db(transaction=True)
def test_equal_messages_at_the_same_moment_become_one():
    assert len({message.pk for message in at_once(["same"] * 8)}) == 1
    assert ContactMessage.objects.count() == 1
    assert Notification.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_messages_at_the_same_moment_stay_within_the_limit():
    answers = at_once([f"text {number}" for number in range(8)])
    assert sum(isinstance(answer, rules.TooManyMessages) for answer in answers) == 5
    assert ContactMessage.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_messages_exceed_the_limit(monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite itself lets one transaction write at a time")
    monkeypatch.setattr(actions, "lock_text", lambda _text: None)
    check = rules.check_not_too_many_messages
    together = threading.Barrier(8)

    def check_together(**arguments):
        check(**arguments)
        together.wait(timeout=10)

    monkeypatch.setattr(rules, "check_not_too_many_messages", check_together)
    at_once([f"text {number}" for number in range(8)])
    assert ContactMessage.objects.count() == 8
