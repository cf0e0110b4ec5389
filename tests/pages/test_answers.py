"""Messages of the contact form: answers by mail and phone, notes, who has taken one, and two people at once."""

from html import unescape

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from audit.models import Event
from notifications.actions import send_due
from notifications.models import Notification
from pages import actions, rules
from pages.models import ContactAnswer, ContactMessage, ContactNote
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
EMAIL, PHONE = ContactAnswer.Way.EMAIL, ContactAnswer.Way.PHONE
LIST = reverse("admin:pages_contactmessage_changelist")


def receive(text="Do you open on holidays?", **over):
    sent = {"name": "Lee Park", "email": "lee@example.org", "message": text, "address": None, "by": None, **over}
    return actions.receive_message(**sent)


def answer(message, *, by, text="Yes, at nine.", way=EMAIL, seen=0):
    return actions.answer_message(message=message, text=text, way=way, seen=seen, by=by)


@shared
def manager():
    return factories.staff("Manager", first_name="Mary")


@shared
def other():
    return factories.staff("Manager", first_name="Max")


def step(message, name):
    return reverse("admin:pages_contactmessage_step", args=[message.pk, name])


# --- Answers --------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_and_mailed_to_the_writer(manager):
    message = receive()
    answer(message, by=manager, text="Yes & no,\nat nine.")
    message.refresh_from_db()
    assert (message.answered_by, message.is_open) == (manager, False)
    assert Event.objects.get(action="message.answer").reason == "email"
    send_due(by=None)
    sent = next(sent for sent in mail.outbox if "answer" in sent.subject)
    assert (sent.to, sent.subject) == (["lee@example.org"], f"Our answer to your message {message.number}")
    assert "Yes & no,\nat nine." in sent.body
    assert "Yes &amp; no,<br>at nine." in sent.alternatives[0].content
    assert "on holidays" not in str(sent.message())


def test_a_further_answer_says_so_in_its_own_mail(manager):
    message = receive()
    first = answer(message, by=manager)
    answer(message, by=manager, text="And on Monday.", seen=1)
    send_due(by=None)
    subjects = sorted(sent.subject for sent in mail.outbox if "answer to your" in sent.subject)
    assert subjects == [
        f"A further answer to your message {message.number}",
        f"Our answer to your message {message.number}",
    ]
    message.refresh_from_db()
    assert message.answered_at == first.created_at


def test_an_answer_goes_out_in_the_language_of_the_receipt(manager):
    from django.utils import translation

    with translation.override("es"):
        message = receive()
    answer(message, by=manager)
    send_due(by=None)
    assert f"Nuestra respuesta a su mensaje {message.number}" in {sent.subject for sent in mail.outbox}


def test_an_answer_by_phone_is_kept_and_not_mailed(manager):
    message = receive()
    answer(message, by=manager, way=PHONE)
    assert not Notification.objects.filter(kind="contact_answer").exists()
    assert not ContactMessage.objects.get().is_open


def test_an_answer_that_is_sent_twice_is_stored_once(manager):
    message = receive()
    assert answer(message, by=manager) == answer(message, by=manager)
    assert Notification.objects.filter(kind="contact_answer").count() == 1


def test_check_answers_were_seen(manager, other):
    message = receive()
    answer(message, by=manager)
    with pytest.raises(rules.AnsweredMeanwhile, match="Mary answered this message by email on"):
        answer(message, by=other, text="No.")
    assert ContactAnswer.objects.get().by == manager
    assert Event.objects.filter(action="message.answer", outcome="refused", reason="AnsweredMeanwhile").count() == 1
    assert answer(message, by=other, text="No.", seen=1).by == other


def test_the_second_of_two_reads_the_first_answer_and_loses_nothing(manager, other):
    message = receive()
    first, second = factories.client_for(manager), factories.client_for(other)
    pages = [client.get(step(message, "answer")) for client in (first, second)]
    seen = pages[1].context["form"]["seen"].value()
    first.post(step(message, "answer"), {"text": "Yes, at nine.", "seen": "0"})
    refused = second.post(step(message, "answer"), {"text": "No, never.", "seen": seen})
    page = unescape(refused.content.decode())
    assert "Mary answered this message by email" in page and "Yes, at nine." in page
    assert "No, never.</textarea>" in page
    form = refused.context["form"]
    again = second.post(step(message, "answer"), {"text": form["text"].value(), "seen": form["seen"].value()})
    assert again.status_code == 302
    assert [said.text for said in ContactAnswer.objects.all()] == ["Yes, at nine.", "No, never."]


@pytest.mark.parametrize("posted", [{}, {"text": " "}, {"text": "x" * 4001, "seen": "0"}, {"text": "y", "seen": "many"},
                                    {"text": "\0", "seen": "0"}])  # fmt: skip
def test_bad_input_gets_a_sentence_and_is_not_sent(posted, manager):
    message = receive()
    page = factories.client_for(manager).post(step(message, "answer"), posted)
    assert page.status_code == 200 and "Please correct what is marked below." in page.content.decode()
    assert not ContactAnswer.objects.exists()


# --- Notes ----------------------------------------------------------------------------------------------------------


def test_notes_are_kept_with_their_writers_and_read_by_staff_alone(manager, other):
    message = receive()
    for by, text in ((manager, "Called, no answer"), (other, "Wait for Paula"), (other, "Wait for Paula")):
        actions.add_note(message=message, text=text, by=by)
    page = factories.client_for(manager).get(reverse("admin:pages_contactmessage_change", args=[message.pk]))
    text = page.content.decode()
    assert "Note of Mary" in text and "Called, no answer" in text and text.count("Wait for Paula") == 1
    answer(message, by=manager)
    send_due(by=None)
    assert all("Paula" not in str(sent.message()) for sent in mail.outbox)


def test_answers_and_notes_are_not_stored_in_the_clear(manager):
    message = receive()
    answer(message, by=manager, text="canary answer")
    actions.add_note(message=message, text="canary note", by=manager)
    with connection.cursor() as cursor:
        for table in ("pages_contactanswer", "pages_contactnote"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "canary" not in str(cursor.fetchall())


# --- Who has it -----------------------------------------------------------------------------------------------------


def test_a_message_is_taken_and_given_back(manager, other):
    message = receive()
    assert actions.take_message(message=message, by=manager).owner == manager
    assert actions.take_message(message=message, by=manager).owner == manager
    assert actions.give_back_message(message=message, by=other).owner is None
    events = Event.objects.filter(subject_type="pages.contactmessage", subject_id=message.pk).order_by("pk")
    assert [event.action for event in events] == ["message.receive", "message.take", "message.give_back"]


def test_check_nobody_has_it(manager, other):
    message = receive()
    actions.take_message(message=message, by=manager)
    with pytest.raises(rules.TakenByAnother, match="Mary has taken this message"):
        actions.take_message(message=message, by=other)
    assert ContactMessage.objects.get().owner == manager


def test_check_somebody_has_it(manager):
    with pytest.raises(rules.TakenByNobody):
        actions.give_back_message(message=receive(), by=manager)


def test_the_list_shows_mine_and_nobodys(manager, other):
    mine, theirs, nobodys = (receive(f"text {number}", email=f"{number}@example.org") for number in range(3))
    actions.take_message(message=mine, by=manager)
    actions.take_message(message=theirs, by=other)
    client = factories.client_for(manager)
    for value, expected in (("mine", mine), ("nobody", nobodys)):
        rows = client.get(LIST, {"owner": value}).context["cl"].result_list
        assert [row.pk for row in rows] == [expected.pk]
    assert "Give it back" in client.get(reverse("admin:pages_contactmessage_change", args=[theirs.pk])).content.decode()


def test_the_database_refuses_an_unknown_way(manager):
    message = receive()
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        ContactAnswer.objects.create(message=message, way="fax", text="x", by=manager)
    assert not ContactNote.objects.exists()


def test_a_message_that_is_given_back_in_two_tabs_gets_a_sentence(manager):
    """The page after the refusal speaks of nobody who has it."""
    message = receive()
    actions.take_message(message=message, by=manager)
    client, address = factories.client_for(manager), step(message, "give-back")
    assert [client.post(address).status_code for _tab in range(2)] == [302, 200]
    assert "Nobody has this message" in client.post(address).content.decode()
