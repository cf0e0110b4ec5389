"""Many senders at once: each message goes out once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core import mail
from django.db import connection

from notifications import actions, kinds, writes
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS, MESSAGES = 4, 40


@pytest.fixture(autouse=True)
def _messages(monkeypatch):
    words = {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", lambda _notification: words))
    monkeypatch.setattr(actions, "_wake_sender", lambda: None)
    for number in range(MESSAGES):
        actions.queue(kind="contact_receipt", recipient="rosa@example.org", dedupe_key=str(number), by=None)


def send_at_once():
    start = Barrier(SENDERS)

    def send(_number):
        start.wait(30)
        try:
            return actions.send_due(by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(pool.map(send, range(SENDERS)))


def test_four_senders_send_each_message_once():
    assert send_at_once() == MESSAGES
    assert len(mail.outbox) == MESSAGES
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == MESSAGES


def test_control_without_the_claim_messages_go_out_more_than_once(monkeypatch):
    monkeypatch.setattr(writes, "claim", lambda limit, **_: list(Notification.objects.filter(status="queued")[:limit]))
    monkeypatch.setattr(writes, "give_back", lambda left: None)
    send_at_once()
    assert len(mail.outbox) > MESSAGES
