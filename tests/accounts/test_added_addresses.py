"""An address that an account has added, and nobody has confirmed, is not yet the account's."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from notifications.models import Notification
from tests import factories
from tests.mails import delivered, link_in

pytestmark = pytest.mark.django_db
LOGIN, SIGN_UP, RESET = "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"
ROSA = "rosa@example.org"


@pytest.fixture
def other():
    """An account of somebody else that has added Rosa's address."""
    account = factories.user("other@example.org")
    EmailAddress.objects.create(user=account, email=ROSA)
    return account


def test_its_owner_gets_an_account_of_their_own(other):
    client = Client()
    client.post(SIGN_UP, {"email": ROSA, "password1": factories.PASSWORD})
    rosa = User.objects.get(email=ROSA)
    assert rosa.pk != other.pk and Notification.objects.get().kind == "account_email_confirmation_signup"


def test_once_its_owner_has_confirmed_it_the_other_account_cannot(other):
    client = Client()
    client.post(SIGN_UP, {"email": ROSA, "password1": factories.PASSWORD})
    EmailAddress.objects.get(user__email=ROSA).set_verified()
    assert not other.emailaddress_set.get(email=ROSA).set_verified()
    client.post(LOGIN, {"login": ROSA, "password": factories.PASSWORD})
    assert client.session["_auth_user_id"] == str(User.objects.get(email=ROSA).pk)


def test_a_new_password_of_the_other_account_is_not_sent_there(other):
    Client().post(RESET, {"email": ROSA})
    assert list(Notification.objects.values_list("kind", "recipient")) == [("account_unknown_account", ROSA)]


def test_nobody_signs_in_with_it(other):
    client = Client()
    response = client.post(LOGIN, {"login": ROSA, "password": factories.PASSWORD})
    assert response.status_code == 200 and "do not match" in response.content.decode()
    assert not Notification.objects.exists()


def test_how_many_accounts_have_added_it_changes_nothing_about_the_time(other, monkeypatch):
    """A password is compared once, as for an address that nobody has added."""
    second = factories.user("second@example.org")
    EmailAddress.objects.create(user=second, email=ROSA)
    compared = []
    monkeypatch.setattr(User, "check_password", lambda user, password: bool(compared.append("checked")))
    monkeypatch.setattr(User, "set_password", lambda user, password: compared.append("hashed"))
    for address in (ROSA, "nobody@example.org", other.email):
        Client().post(LOGIN, {"login": address, "password": "something else entirely"})
    assert compared == ["hashed", "hashed", "checked"]


def test_an_address_that_was_added_and_confirmed_opens_the_account(other):
    other.emailaddress_set.get(email=ROSA).set_verified()
    client = Client()
    client.post(LOGIN, {"login": ROSA, "password": factories.PASSWORD})
    assert client.session["_auth_user_id"] == str(other.pk)
    Client().post(RESET, {"email": ROSA})
    assert "/accounts/password/reset/key/" in link_in(delivered()[-1])
    Client().post(SIGN_UP, {"email": ROSA, "password1": factories.PASSWORD})
    assert not User.objects.filter(email=ROSA).exists()
