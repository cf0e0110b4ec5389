import pytest
from django.core.mail import EmailMessage, get_connection
from django.http import Http404
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from notifications import views

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path, monkeypatch):
    settings.MAILBOX_DIR = tmp_path
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path))
    EmailMessage("Your order", "It is at http://testserver/x/\n", to=["rosa@example.org"], connection=backend).send()
    monkeypatch.setattr(views, "render", lambda _request, _template, context: context)
    return tmp_path


def test_mailbox_lists_sent_messages(folder):
    sent = views.mailbox(RequestFactory().get("/mailbox/"))["messages_sent"]
    assert [(row["message"]["subject"], row["message"]["to"]) for row in sent] == [("Your order", "rosa@example.org")]


def test_mailbox_message_shows_the_text_alone(folder):
    name = next(folder.iterdir()).name
    context = views.mailbox_message(RequestFactory().get("/"), name)
    assert context["text"].strip() == "It is at http://testserver/x/"


def test_mailbox_message_outside_the_folder_is_not_there(folder):
    with pytest.raises(Http404):
        views.mailbox_message(RequestFactory().get("/"), "../../settings.py")


def test_mailbox_is_not_there_without_debug(client):
    with pytest.raises(NoReverseMatch):
        reverse("mailbox")
    assert client.get("/mailbox/").status_code == 404
