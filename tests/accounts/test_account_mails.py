"""The mails of allauth: each is queued in the outbox, also while the mail server does not answer."""

import json
import re
import socket
from datetime import timedelta
from pathlib import Path

import allauth
import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import account_mails
from accounts.account_mails import KINDS, WORDS, kind_of
from accounts.actions import send_account_mail
from certification.models import Patient
from notifications import emails, kinds
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.mails import delivered, link_in, pass_time

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # words of mails: the database says nothing about them
SIGN_UP, RESET, CHECK = "/accounts/signup/", "/accounts/password/reset/", "/accounts/confirm-email/"
NEW, KNOWN = "new.person@example.org", "rosa@example.org"
# allauth can send these as well; the settings that would make it do so are off.
OFF = {"account/email/login_code", "account/email/password_reset_code"}


def sign_up(client, email=NEW):
    return client.post(SIGN_UP, {"email": email, "password1": factories.PASSWORD})


def words_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- Every kind -----------------------------------------------------------------------------------------------------


def test_every_mail_that_allauth_can_write_is_a_kind_of_the_outbox():
    source = "".join(path.read_text() for path in Path(allauth.__file__).parent.rglob("*.py"))
    named = set(re.findall(r'"((?:account|mfa|socialaccount)/email/\w+)"', source))
    assert len(named) > 15
    assert named - OFF == WORDS.keys()


def context_of(prefix):
    values = {"timestamp": timezone.now(), "ip": "192.0.2.1", "user_agent": "Firefox <private>", "key": "unneeded"}
    return {name: values.get(name, f"https://portal.example/{name}") for name in (*WORDS[prefix], "key")}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("prefix", sorted(WORDS))
def test_each_kind_says_all_its_words_in_the_readers_language(prefix, language):
    with translation.override(language):
        send_account_mail(prefix=prefix, recipient=KNOWN, context=context_of(prefix), by=None)
    message = delivered()[-1]
    assert message.subject and message.to == [KNOWN]
    assert ("Hola:" in message.body) is (language == "es")
    assert "Questions? Call (203) 555-0100" in message.body or "Llame al (203) 555-0100" in message.body
    for name in set(WORDS[prefix]) - {"timestamp"}:
        said = f"https://portal.example/{name}"
        assert {"ip": "192.0.2.1", "user_agent": "Firefox <private>"}.get(name, said) in message.body or (
            name == "signup_url" and prefix.endswith("account_already_exists")
        )


def test_no_kind_of_allauth_has_the_name_of_ours():
    assert len(KINDS) == len(WORDS)
    assert not {f"emails/{kind}.txt" for kind in KINDS} & {kinds.get(kind).templates.text for kind in KINDS}


# --- What is kept ---------------------------------------------------------------------------------------------------


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, context, dedupe_key FROM notifications_notification")
        return json.dumps(cursor.fetchall(), default=str)


def test_a_one_time_link_is_unreadable_while_it_waits_and_gone_once_sent():
    factories.user(KNOWN)
    Client().post(RESET, {"email": KNOWN})
    row = Notification.objects.get()
    path = json.loads(row.secret)["password_reset_url"]
    assert "/accounts/password/reset/key/" in path
    assert "reset" not in stored().replace(row.kind, "") and path not in stored()

    [message] = delivered()

    assert path in message.body
    row.refresh_from_db()
    assert (row.status, row.secret, row.priority) == (Notification.Status.SENT, None, 1)


def test_addresses_and_origin_of_a_change_are_unreadable_too():
    context = context_of("account/email/email_changed") | {"from_email": KNOWN, "to_email": NEW}
    send_account_mail(prefix="account/email/email_changed", recipient=KNOWN, context=context, by=None)
    assert not any(word in stored() for word in (KNOWN, NEW, "192.0.2.1", "Firefox", "unneeded"))


def test_a_link_that_waited_longer_than_it_is_valid_is_not_sent():
    sign_up(Client())
    with time_machine.travel(timezone.now() + account_mails.LINK_VALID + timedelta(seconds=1)):
        assert delivered() == []
    assert Notification.objects.get().status == Notification.Status.CANCELLED


# --- The mail server is away ----------------------------------------------------------------------------------------


@pytest.fixture
def mail_server_away(settings):
    """Send mail to a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield


def back(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.mark.django_db(transaction=True)  # so that the sender is woken, in the request itself: there is no Redis here
@pytest.mark.parametrize(
    ("address", "typed", "leads_to"),
    [
        (SIGN_UP, {"email": NEW, "password1": factories.PASSWORD}, CHECK),
        (SIGN_UP, {"email": KNOWN, "password1": factories.PASSWORD}, CHECK),
        (RESET, {"email": NEW}, "/accounts/password/reset/done/"),
        (RESET, {"email": KNOWN}, "/accounts/password/reset/done/"),
    ],
    ids=["sign-up", "sign-up, known", "reset, unknown", "reset"],
)
def test_with_the_mail_server_away_the_request_is_answered_and_the_mail_comes_later(
    mail_server_away, settings, address, typed, leads_to
):
    factories.user(KNOWN)

    response = Client().post(address, typed)

    assert (response.status_code, response.headers["Location"]) == (302, leads_to)
    waiting = Notification.objects.get()
    assert (waiting.status, waiting.last_error) == (Notification.Status.QUEUED, "ConnectionRefusedError")
    back(settings)
    pass_time(minutes=1, seconds=1)
    assert send_due(by=None) == 1
    assert mail.outbox[0].to == [typed["email"]]


@pytest.mark.django_db(transaction=True)
def test_a_notice_waits_like_the_rest(mail_server_away, settings):
    account = factories.user(KNOWN)
    new = "another quiet lantern"
    typed = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    assert factories.client_for(account).post("/accounts/password/change/", typed).status_code == 302
    account.refresh_from_db()
    assert account.check_password(new)
    assert Notification.objects.get().kind == "account_password_changed"


@pytest.mark.django_db(transaction=True)
def test_with_the_mail_server_there_the_mail_comes_at_once():
    sign_up(Client())
    assert [message.subject for message in mail.outbox] == ["Confirm your email address"]


@pytest.mark.django_db(transaction=True)
def test_the_link_works_after_an_outage(mail_server_away, settings):
    client = Client()
    sign_up(client)
    back(settings)
    pass_time(hours=20)
    with time_machine.travel(timezone.now() + timedelta(hours=20)):
        assert client.post(link_in(delivered()[0])).status_code == 302
    assert EmailAddress.objects.get(email=NEW).verified


# --- In whose language ----------------------------------------------------------------------------------------------


def subject_in(client_language, email):
    delivered().clear()
    Client().post(RESET, {"email": email}, HTTP_ACCEPT_LANGUAGE=client_language)
    [message] = delivered()
    return message.subject


def test_a_visitor_is_written_to_in_the_language_of_the_page():
    assert subject_in("es", NEW) == "No hay ninguna cuenta con esta dirección"
    assert subject_in("en", NEW) == "There is no account with this address"


def test_an_account_in_spanish_gets_spanish_messages():
    patient = factories.patient()
    factories.client_for(patient.user).post("/language/", {"language": "es", "next": "/home/"})
    assert Patient.objects.get().language == "es"
    assert subject_in("en", patient.user.email) == "Crear una contraseña nueva"


# --- Three minutes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-23T15:00:20Z", tick=False) as traveller:
        yield traveller


def known_and_unknown(email):
    return pytest.param(email, id="unknown" if email == NEW else "known")


both = pytest.mark.parametrize("email", [known_and_unknown(NEW), known_and_unknown(KNOWN)])


@both
def test_a_second_sign_up_says_when_another_mail_can_be_sent(clock, email):
    factories.user(KNOWN)
    for _ in range(2):
        client = Client()
        page = words_of(client.post(SIGN_UP, {"email": email, "password1": factories.PASSWORD}, follow=True))
        assert f"We sent a mail to {email} . Open its link to finish" in page
        assert "Another mail can be sent at 10:04 a.m. Eastern." in page
    assert len(delivered()) == 1


@both
def test_send_it_again_sends_after_three_minutes_and_before_says_when(clock, email):
    factories.user(KNOWN)
    client = Client()
    sign_up(client, email)
    early = words_of(client.post(CHECK, follow=True))
    assert f"We wrote to {email} a moment ago. Another mail can be sent at 10:04 a.m. Eastern." in early
    assert len(delivered()) == 1

    clock.shift(timedelta(minutes=3, seconds=1))
    assert "Another mail can be sent" not in words_of(client.get(CHECK))
    later = words_of(client.post(CHECK, follow=True))

    assert "Another mail can be sent at 10:07 a.m. Eastern." in later
    first, second = delivered()
    assert (first.to, first.subject) == (second.to, second.subject)


def test_the_page_is_the_same_for_a_known_address_and_an_unknown_one(clock):
    factories.user(KNOWN)
    pages = []
    for email in (NEW, KNOWN):
        client = Client()
        sign_up(client, email)
        texts = [client.get(CHECK).content.decode(), client.post(CHECK, follow=True).content.decode()]
        pages.append([re.sub(r'value="\w{64}"', "", text).replace(email, "") for text in texts])
    assert pages[0] == pages[1]


def test_send_it_again_sends_nothing_without_an_address():
    response = Client().post(CHECK)
    assert (response.status_code, response.headers["Location"]) == (302, CHECK)
    assert not Notification.objects.exists()


def test_send_it_again_sends_to_the_new_account_alone(clock):
    """An account of somebody else may have added the same address: its link is not sent to the visitor."""
    other = factories.user("other@example.org")
    EmailAddress.objects.create(user=other, email=NEW, verified=False, primary=False)
    client = Client()
    sign_up(client)
    clock.shift(timedelta(minutes=4))
    client.post(CHECK)
    messages = delivered()
    assert [message.subject for message in messages] == ["Confirm your email address"] * 2
    client.post(link_in(messages[-1]))
    assert EmailAddress.objects.get(email=NEW, verified=True).user.email == NEW


def test_the_page_of_addresses_says_when_too(clock):
    account = factories.user(KNOWN)
    client = factories.client_for(account)
    page = reverse("account_email")
    client.post(page, {"action_add": "", "email": NEW})
    words = words_of(client.post(page, {"action_send": "", "email": NEW}, follow=True))
    assert f"We wrote to {NEW} a moment ago. Another mail can be sent at 10:04 a.m. Eastern." in words
    client.post(page, {"action_remove": "", "email": NEW})
    again = words_of(client.post(page, {"action_add": "", "email": NEW}, follow=True))
    assert "Another mail can be sent at 10:04 a.m. Eastern." in again
    assert [row.kind for row in Notification.objects.order_by("pk")] == [
        "account_email_confirmation", kind_of("account/email/email_deleted"),
    ]  # fmt: skip


def test_a_mail_of_the_account_is_plain_text():
    sign_up(Client())
    row = Notification.objects.get()
    assert emails.build(row, account_mails.words_for(row)).alternatives == []
