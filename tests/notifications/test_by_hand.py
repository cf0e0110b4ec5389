"""What staff do by hand: the call list with what came of each call, and letters in batches."""

import re
import threading
import time
from datetime import timedelta

import pypdfium2
import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit import names, trail
from audit.models import Event
from certification.audit_names import PATIENT
from certification.papers.mailing import WINDOW, letters_pdf
from delivery.presenters.record_views import page_of_record_views
from notifications import actions, reading
from notifications.actions import letters
from notifications.actions.calls import NoLetter, NotOnTheList, enter_call, send_as_letter
from notifications.actions.letters import NoLettersWait, make_batch, post_batch
from notifications.models import CallTry, LetterBatch, Notification
from notifications.rules import is_letter_offered, late_since
from tests import factories
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
A_MESSAGE = (["a message to the patient or the caregiver"], ["message by phone or letter"])
NO_MAIL = {"email": "", "has_no_email": True}
Status = Notification.Status


@shared
def patient():
    return factories.certification(joined=False, profile=factories.profile(**NO_MAIL)).patient


def queued(patient, key="1", channel="phone", **over):
    certification = patient.certifications.get()
    actions.queue(
        kind="patient_certified", recipient=patient.phone.as_e164, channel=channel, dedupe_key=f"made:{key}",
        context={"certification": certification.pk}, by=None, **over,
    )  # fmt: skip
    return Notification.objects.get(dedupe_key=f"made:{key}")


def tried(call, *outcomes, days=0):
    with unguarded():
        for outcome in outcomes:
            made = CallTry.objects.create(notification=call, outcome=outcome)
            CallTry.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=days))


# --- Calls ----------------------------------------------------------------------------------------------------------


def test_reached_closes_the_call_and_says_who_called(patient):
    call, staff = queued(patient), factories.staff("Registrar")
    enter_call(notification=call, outcome="reached", note="Will come.", by=staff)
    call.refresh_from_db()
    assert (call.status, bool(call.sent_at)) == (Status.SENT, True)
    made = CallTry.objects.get()
    assert (made.outcome, made.called_by, made.note) == ("reached", staff, "Will come.")
    assert Event.objects.get(action="notification.call").reason == "reached"
    with pytest.raises(NotOnTheList):
        enter_call(notification=call, outcome="reached", by=factories.staff("Manager"))


def looks(patient):
    """Return who looked at the patient, by the question of an auditor and as the patient reads it."""
    question = trail.Question(about=[names.Found(PATIENT, patient.pk, "")], asked=trail.LOOKED)
    asked = [row.who for row in trail.in_words(list(trail.events_of(question)), reader=User(), has_links=False)]
    told, _page = page_of_record_views(patient, but=User(), cursor=None)
    return asked, [(view.what, view.why) for view in told]


def test_who_reads_what_to_say_in_a_call_has_looked_at_the_person(patient):
    call, staff = queued(patient), factories.staff("Manager")
    page = factories.client_for(staff).get(reverse("admin:notifications_notification_step", args=[call.pk, "called"]))
    assert patient.first_name in words_of(page)
    assert looks(patient) == ([staff.email], [A_MESSAGE])


def test_who_reads_a_message_to_the_caregiver_has_looked_at_the_patient():
    signed = factories.certification(caregiver=factories.caregiver(), joined=False)
    waiting = signed.patient.assignments.get()
    actions.queue(
        kind="caregiver_named", recipient="", channel="letter", dedupe_key="made:c",
        context={"assignment": waiting.pk}, by=None,
    )  # fmt: skip
    reading.record_reading(Notification.objects.filter(dedupe_key="made:c"), by=factories.staff("Manager"))
    assert Event.objects.get(action="notification.read").subject_type == "certification.caregiver"
    assert looks(signed.patient)[1] == [A_MESSAGE]


def test_who_prints_letters_has_looked_at_the_people_they_go_to(patient):
    queued(patient, channel="letter")
    staff, batch = factories.staff("Registrar"), make_batch(by=None)
    address = reverse("admin:notifications_letterbatch_pdf", args=[batch.pk])
    assert factories.client_for(staff).get(address).status_code == 200
    assert looks(patient) == ([staff.email], [A_MESSAGE])


@pytest.mark.parametrize("outcome", ["message", "no_answer", "wrong"])
def test_every_other_outcome_keeps_the_call_and_moves_it_down(outcome, patient):
    call, later = queued(patient), queued(patient, "2")
    assert enter_call(notification=call, outcome=outcome, by=None)
    assert enter_call(notification=call, outcome=outcome, by=None) is None  # a second press of the button
    waiting = Notification.objects.calls_to_make().filter(kind="patient_certified", dedupe_key__startswith="made")
    assert list(waiting.order_by("priority", "due_at")) == [later, call]
    assert Notification.objects.late(timezone.now() + timedelta(hours=1)).filter(pk=call.pk).exists()


@pytest.mark.parametrize(
    ("outcomes", "earlier", "offered"),
    [(["no_answer", "wrong"], ["message"], True), (["no_answer"] * 3, [], False), (["no_answer"], ["wrong"], False)],
)
def test_a_letter_is_offered_after_three_tries_on_two_days(outcomes, earlier, offered, patient):
    call = queued(patient)
    tried(call, *outcomes)
    tried(call, *earlier, days=1)
    assert is_letter_offered(call.tries.all()) is offered
    client = factories.client_for(factories.staff("Registrar"))
    listed = client.get(reverse("admin:notifications_notification_changelist"), {"todo": "letter"})
    assert (call in listed.context["cl"].result_list) is offered


def test_the_page_of_a_call_has_words_for_a_mailbox_without_health(patient, settings):
    settings.DISPENSARY_NAME = "Wellness Dispensary"
    call, client = queued(patient), factories.client_for(factories.staff("Registrar"))
    page = reverse("admin:notifications_notification_step", args=[call.pk, "called"])
    text = client.get(page).content.decode()
    said = text.partition("say only this:")[2].partition("Thank you")[0]
    assert f"message for {patient.name}" in said and "(203) 555-0100" in said
    assert not any(word in said for word in ("Wellness", "certif", "Medical", "Dr."))
    assert "Choose what came of the call" in client.post(page, {}).content.decode()
    client.post(page, {"outcome": "no_answer", "note": "Try in the evening."})
    made = CallTry.objects.get()
    shown = client.get(reverse("admin:notifications_notification_change", args=[call.pk])).content.decode()
    assert made.outcome == "no_answer" and made.called_by.email in shown and made.note in shown


def test_an_urgent_call_of_two_hours_is_late_and_others_are_not(patient):
    now = timezone.now()
    fresh, old, bulk, letter = (
        queued(patient, key, **over)
        for key, over in {"a": {}, "b": {}, "c": {"priority": Notification.BULK}, "d": {"channel": "letter"}}.items()
    )
    with unguarded():
        Notification.objects.exclude(pk=fresh.pk).update(created_at=now - timedelta(hours=2, seconds=1))
    late = Notification.objects.late(late_since(now)).filter(dedupe_key__startswith="made")
    assert set(late) == {old, letter} and bulk not in late


# --- Letters --------------------------------------------------------------------------------------------------------


def test_a_call_becomes_a_letter_and_leaves_the_list(patient):
    call = queued(patient)
    send_as_letter(notification=call, by=None)
    call.refresh_from_db()
    assert (call.channel, call.status) == ("letter", Status.QUEUED)
    with pytest.raises(NotOnTheList):
        send_as_letter(notification=call, by=None)


def test_no_one_time_link_goes_on_paper(patient):
    with pytest.raises(NoLetter):
        send_as_letter(notification=queued(patient, secret="https://testserver/link/"), by=None)


def words_on(pdf):
    with pypdfium2.PdfDocument(pdf) as document:
        pages = []
        for page in document:
            text = page.get_textpage()
            pages.append((text.get_text_range(), page.get_size()[1], text))
        return [(words, height) for words, height, _text in pages]


def test_a_batch_is_one_pdf_with_a_page_for_each_letter(patient):
    with unguarded():
        type(patient).objects.filter(pk=patient.pk).update(language="es", first_name="José")
    queued(patient, "1", "letter", language="es")
    queued(patient, "2", "letter")
    batch = make_batch(by=None)
    pdf = letters_pdf(batch)
    assert pdf == letters_pdf(batch)  # printed twice: the same letters
    spanish, english = [words for words, _height in words_on(pdf)]
    assert "José" in spanish and patient.street in spanish and patient.town in spanish
    assert not re.search(r"\S\?\S", spanish + english)  # a line break is no unknown character
    assert "Hola" in spanish and "Hello" in english and "/delivery/orders/" not in english
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        inside = page.get_textpage().get_text_bounded(
            left=WINDOW[0] - 5, top=page.get_height() - 147, right=390, bottom=page.get_height() - 228
        )
    assert inside.split()[0] == "José" and patient.zip_code in inside and "Hola" not in inside


def test_a_long_letter_goes_on_on_a_second_page(patient, monkeypatch):
    from certification.papers import mailing

    row = queued(patient, channel="letter")
    make_batch(by=None)
    long = mailing.Page(["Rosa"], "today", "Subject", [f"Paragraph {number}. " + "word " * 60 for number in range(30)])
    monkeypatch.setattr(mailing, "_page", lambda _letter: long)
    row.refresh_from_db()
    pages = words_on(letters_pdf(row.letter_batch))
    assert len(pages) > 1
    assert all(any(f"Paragraph {number}." in words for words, _height in pages) for number in range(30))


def test_a_batch_is_posted_once_and_its_letters_count_as_sent(patient):
    row, staff = queued(patient, channel="letter"), factories.staff("Registrar")
    batch = make_batch(by=staff)
    with pytest.raises(NoLettersWait):
        make_batch(by=staff)
    row.refresh_from_db()
    assert (row.status, row.letter_batch) == (Status.QUEUED, batch)
    post_batch(batch=batch, by=staff)
    post_batch(batch=batch, by=factories.staff("Manager"))
    row.refresh_from_db(), batch.refresh_from_db()
    assert (row.status, batch.posted_by, batch.count) == (Status.SENT, staff, 1)
    assert Event.objects.filter(action="letters.post").count() == 1


def end_everything(patient):
    with unguarded():
        patient.certifications.update(status="superseded", ended_at=timezone.now())


def test_a_letter_that_is_not_needed_any_more_is_neither_printed_nor_sent(patient):
    first = queued(patient, "1", "letter")
    batch = make_batch(by=None)
    second = queued(patient, "2", "letter")
    end_everything(patient)
    assert "Do not post" in words_on(letters_pdf(batch))[0][0]
    assert patient.last_name not in words_on(letters_pdf(batch))[0][0]
    with pytest.raises(NoLettersWait):
        make_batch(by=None)
    post_batch(batch=batch, by=None)
    first.refresh_from_db(), second.refresh_from_db()
    assert first.status == Status.CANCELLED


def test_the_pdf_is_there_until_the_batch_is_posted(patient):
    queued(patient, channel="letter")
    client = factories.client_for(factories.staff("Registrar"))
    client.post(reverse("admin:notifications_letterbatch_make"))
    batch = LetterBatch.objects.get()
    address = reverse("admin:notifications_letterbatch_pdf", args=[batch.pk])
    assert client.get(address).content.startswith(b"%PDF")
    assert factories.client_for(factories.staff("Auditor")).get(address).status_code == 403
    client.post(reverse("admin:notifications_letterbatch_step", args=[batch.pk, "posted"]))
    assert client.get(address).status_code == 404


def make_two_batches(barrier):
    made = []

    def work():
        barrier.wait()
        try:
            made.append(make_batch(by=None).count)
        except NoLettersWait:
            made.append(0)
        connections.close_all()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    [worker.start() for worker in workers], [worker.join() for worker in workers]
    return made


@pytest.mark.django_db(transaction=True)
def test_two_batches_made_at_once_share_no_letter(monkeypatch, pytestconfig):
    """The control takes rows without a lock and without the second look: then both batches count every letter."""
    patient = factories.certification(joined=False, profile=factories.profile(**NO_MAIL)).patient
    for key in "123":
        queued(patient, key, "letter")
    slow = letters._locked

    def slowly(waiting):
        rows = slow(waiting)
        time.sleep(0.2)
        return rows

    monkeypatch.setattr(letters, "_locked", slowly)
    assert sum(make_two_batches(threading.Barrier(2))) == 3
    assert sum(batch.letters.count() for batch in LetterBatch.objects.all()) == 3
    if pytestconfig.getoption("database") == "postgres":
        with unguarded():
            Notification.objects.filter(channel="letter").update(letter_batch=None)

        def unlocked(waiting):
            rows = list(waiting.order_by("pk"))
            time.sleep(0.2)
            return rows

        monkeypatch.setattr(letters, "_locked", unlocked)
        assert make_two_batches(threading.Barrier(2)) == [3, 3]
