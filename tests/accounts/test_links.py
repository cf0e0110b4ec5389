"""Links with a made-up token: they open nothing and store nothing."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.actions import ask_main_address
from accounts.rules.addresses import LINK_VALID, SALT, addresses_in
from accounts.views import addresses as address_views
from mmp_portal.logs import SECRET_PARTS, addresses
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db
LINKS = sorted(
    "/" + address % dict.fromkeys(names, "%(text)s")
    for address, names in addresses(get_resolver("mmp_portal.urls"))
    if names & SECRET_PARTS
)
NONSENSE = ["a-token", "WzEsMl0:1xVKW6:O85dutTJ7", "%00", "x" * 3000, "é🌿"]
MAIN = "/accounts/email/main/%(text)s/"


def left_behind(client, address):
    """Return the answer's status, whether it set a session cookie, and the number of stored sessions."""
    response = client.get(address)
    return response.status_code, "session" in "".join(response.cookies), Session.objects.count()


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: text[:12])
def test_no_text_at_a_links_address_starts_a_session(link, text):
    status, has_cookie, session_count = left_behind(Client(), link % {"text": text})
    assert (status in (200, 404), has_cookie, session_count) == (True, False, 0)


def test_the_links_are_all_there():
    assert MAIN in LINKS and len(LINKS) >= 7


def test_control_without_the_check_any_text_starts_one(monkeypatch):
    monkeypatch.setattr(address_views, "addresses_in", lambda token: [1, 2])
    assert left_behind(Client(), MAIN % {"text": "a-token"}) == (302, True, 1)


def test_a_link_signed_for_something_else_starts_none():
    for token in (signing.dumps([1, 2], salt="another"), signing.dumps([1, 2])):
        assert left_behind(Client(), MAIN % {"text": token})[1:] == (False, 0)


def sent_link():
    account = factories.user()
    address = EmailAddress.objects.create(user=account, email="new@example.org", verified=True, primary=False)
    ask_main_address(address=address, by=account)
    return account, Notification.objects.get(kind="main_address").secret.removeprefix("http://testserver")


def test_a_mailed_link_leads_to_a_clean_address():
    account, link = sent_link()
    assert left_behind(Client(), link) == (302, True, 1)
    client = factories.client_for(account)
    assert "new@example.org" in client.get(link, follow=True).content.decode()


def test_addresses_in_a_link_that_is_too_old_are_none():
    token = signing.dumps([1, 2], salt=SALT)
    assert addresses_in(token) == [1, 2]
    with time_machine.travel(timezone.now() + LINK_VALID + timedelta(seconds=1)):
        assert addresses_in(token) is None
        assert left_behind(Client(), MAIN % {"text": token})[1:] == (False, 0)
