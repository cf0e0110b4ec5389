import re

import pytest
from django.test import Client

from accounts.actions import create_user
from notifications.models import Notification
from pages.models import ContactMessage
from tests.pages.words import title_of, words_of

pytestmark = pytest.mark.django_db
SENT = {"name": "Rosa Delgado", "email": "rosa@example.org", "message": "When do you deliver to Guilford?"}


def test_contact_stores_the_message_and_queues_both_mails(client):
    response = client.post("/contact/", SENT)
    assert (response.status_code, response["Location"]) == (302, "/contact/done/")
    stored = ContactMessage.objects.get()
    assert (stored.name, stored.email, stored.message) == tuple(SENT.values())
    assert Notification.objects.count() == 2
    assert "We have received your message" in words_of(client.get("/contact/done/"))


def test_contact_sent_twice_is_one_message(client):
    for _ in range(2):
        assert client.post("/contact/", SENT)["Location"] == "/contact/done/"
    assert ContactMessage.objects.count() == 1
    assert Notification.objects.count() == 2


def test_contact_form_of_a_signed_in_person_begins_with_their_email(client):
    client.force_login(create_user(email="rosa@example.org", password=None, by=None))
    assert 'value="rosa@example.org"' in client.get("/contact/").content.decode()
    client.post("/contact/", SENT)
    assert ContactMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "   "}, "Enter your name"),
        ({"name": "N" * 101}, "Shorten this to 100 characters or fewer. It has 101."),
        ({"name": "Eve\x00"}, "Some characters here cannot be read."),
        ({"name": "Eve\r\nBcc: all@example.org"}, "Enter your name on one line"),
        ({"email": ""}, "Enter an email address, like name@example.com"),
        ({"email": "rosa.example.org"}, "Enter an email address with an @"),
        ({"email": "rosa@example.org\nBcc: all@example.org"}, "Enter an email address with an @"),
        ({"email": "rosa@example.org, all@example.org"}, "Enter an email address with an @"),
        ({"email": "a@" + "b" * 250 + ".org"}, "Shorten this to 254 characters or fewer"),
        ({"email": "\x00@example.org"}, "Some characters here cannot be read."),
        ({"message": ""}, "Enter your message"),
        ({"message": "\u200b \u202e"}, "Enter your message"),
        ({"message": "M" * 4001}, "Shorten this to 4000 characters or fewer. It has 4001."),
        ({"message": "a\x00b"}, "Some characters here cannot be read."),
    ],
)
def test_contact_answers_bad_input_with_a_sentence_and_writes_nothing(client, change, sentence):
    response = client.post("/contact/", {**SENT, **change})
    assert response.status_code == 200
    assert sentence in words_of(response)
    assert title_of(response).startswith("Error: ")
    assert not ContactMessage.objects.exists()
    assert not Notification.objects.exists()


def test_contact_shows_again_what_was_typed(client):
    body = client.post("/contact/", {**SENT, "email": "rosa"}).content.decode()
    assert 'value="Rosa Delgado"' in body
    assert 'value="rosa"' in body
    assert "When do you deliver to Guilford?</textarea>" in body


@pytest.mark.parametrize(
    "text", ["🌿👩🏽‍⚕️ " * 100, "متى توصلون؟", "\u05de\u05ea\u05d9", "<script>alert(1)</script>", "a" * 4000]
)
def test_contact_accepts_any_readable_text(client, text):
    assert client.post("/contact/", {**SENT, "message": text}).status_code == 302
    assert ContactMessage.objects.get().message == text.strip()


@pytest.mark.parametrize("body", [{}, {"csrfmiddlewaretoken": "x"}, {"message[]": "x"}])
def test_contact_with_missing_fields_names_all_three(client, body):
    words = words_of(client.post("/contact/", body))
    for sentence in ("Enter your name", "Enter an email address", "Enter your message"):
        assert sentence in words


def test_contact_drops_the_message_of_a_program_and_looks_as_usual(client):
    response = client.post("/contact/", {**SENT, "website": "https://spam.example"})
    assert (response.status_code, response["Location"]) == (302, "/contact/done/")
    assert not ContactMessage.objects.exists()
    assert not Notification.objects.exists()


def test_contact_hides_the_trap_from_people(client):
    body = client.get("/contact/").content.decode()
    trap = re.search(r'<div class="usa-sr-only" aria-hidden="true">.*?</div>', body, re.DOTALL)[0]
    assert 'name="website"' in trap
    assert 'tabindex="-1"' in trap


def test_contact_refuses_the_fourth_message_of_an_email_in_an_hour(client):
    for number in range(3):
        client.post("/contact/", {**SENT, "message": f"text {number}"}, REMOTE_ADDR=f"192.0.2.{number}")
    response = client.post("/contact/", SENT, REMOTE_ADDR="192.0.2.9")
    assert response.status_code == 429
    assert "send it again in an hour, or call us now" in words_of(response)
    assert "When do you deliver to Guilford?</textarea>" in response.content.decode()
    assert ContactMessage.objects.count() == 3


def test_contact_refuses_the_sixth_message_of_a_network_address_in_an_hour(client):
    for number in range(5):
        assert client.post("/contact/", {**SENT, "email": f"rosa{number}@example.org"}).status_code == 302
    assert client.post("/contact/", SENT).status_code == 429
    assert client.post("/contact/", SENT, REMOTE_ADDR="192.0.2.9").status_code == 302
    assert ContactMessage.objects.count() == 6


def test_contact_ignores_a_forwarded_header_of_a_visitor(client):
    for number in range(5):
        client.post("/contact/", {**SENT, "email": f"rosa{number}@example.org"})
    assert client.post("/contact/", SENT, headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 429


# --- Requests with a fault ------------------------------------------------------------------------------------------


def test_form_without_its_token_says_what_to_do():
    response = Client(enforce_csrf_checks=True).post("/contact/", SENT)
    assert response.status_code == 403
    assert "Go back, load the page again, and send the form once more." in words_of(response)
    assert not ContactMessage.objects.exists()


def test_a_form_above_the_limit_gets_413_and_the_phone_number(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = client.post("/contact/", {**SENT, "message": "a" * 2000})
    assert response.status_code == 413
    assert "shorten the text, and send it again" in words_of(response)
    assert "(203) 555-0100" in words_of(response)


def test_one_megabyte_of_text_gets_a_sentence_beside_the_field(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
    response = client.post("/contact/", {**SENT, "message": "a" * 1_000_000})
    assert response.status_code == 200
    assert "Shorten this to 4000 characters or fewer. It has 1000000." in words_of(response)


def test_request_with_too_many_fields_is_a_bad_request(client):
    response = client.post("/contact/", {f"field{number}": "x" for number in range(600)})
    assert response.status_code == 400
    assert "(203) 555-0100" in words_of(response)
