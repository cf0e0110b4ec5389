"""The settings of allauth: addresses, mails and rate limits."""

import re
from types import ModuleType

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin import AdminSite
from django.core.cache import cache
from django.test import Client
from django.urls import path

from accounts.models import User
from audit.models import Event
from mmp_portal import urls
from tests import factories
from tests.mails import delivered, link_in

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
SLOW_DOWN = "Too many tries did not match"


def sign_up(client, email="New.Person@Example.ORG"):
    return client.post("/accounts/signup/", {"email": email, "password1": factories.PASSWORD})


def sign_in(client, email, password=factories.PASSWORD, page=LOGIN, **extra):
    return client.post(page, {"login": email, "password": password}, **extra)


# --- Making an account ----------------------------------------------------------------------------------------------


def test_signing_up_stores_the_address_in_lower_case():
    response = sign_up(Client())

    user = User.objects.get()
    assert response.headers["Location"] == "/accounts/confirm-email/"
    assert user.email == "new.person@example.org"
    assert list(user.emailaddress_set.values_list("email", "verified")) == [("new.person@example.org", False)]


def test_the_verification_link_changes_nothing_until_it_is_posted():
    client = Client()
    sign_up(client)
    [message] = delivered()
    link = link_in(message)

    assert message.to == ["new.person@example.org"]
    assert client.get(link).status_code == 200
    assert not User.objects.get().emailaddress_set.get().verified

    assert client.post(link).status_code == 302
    assert User.objects.get().emailaddress_set.get().verified
    assert "_auth_user_id" not in client.session  # a link in a mail signs nobody in
    assert sign_in(client, "NEW.person@example.org").headers["Location"] == "/accounts/role/"
    assert list(Event.objects.order_by("pk").values_list("action", flat=True)) == [
        "user.sign_up", "user.email_confirm", "user.sign_in",
    ]  # fmt: skip


def test_nobody_signs_in_before_the_address_is_verified():
    client = Client()
    sign_up(client)

    response = sign_in(Client(), "new.person@example.org")

    assert "do not match" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_signing_in_after_signing_up_does_not_tell_who_is_registered():
    """Whoever signs up with somebody's address, and then signs in with the same password, gets one answer."""
    factories.user("rosa@example.org")
    answers = []
    for email in ("rosa@example.org", "nobody@example.org"):
        cache.clear()
        Client().post("/accounts/signup/", {"email": email, "password1": "another-quiet-harbor"})
        page = sign_in(Client(), email, "another-quiet-harbor").content.decode()
        answers.append(re.sub(r'value="[^"]*"', "", page))
    assert "do not match" in answers[0] and answers[0] == answers[1]


def test_a_new_password_by_mail_confirms_the_first_address_of_an_account():
    """So whoever has lost the link of the sign-up, or has an account that somebody else began, gets in."""
    sign_up(Client())
    Client().post("/accounts/password/reset/", {"email": "new.person@example.org"})
    client, link = Client(), link_in(delivered()[-1])
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another-quiet-harbor", "password2": "another-quiet-harbor"})

    assert "_auth_user_id" not in client.session
    assert sign_in(client, "new.person@example.org", "another-quiet-harbor").headers["Location"] == "/accounts/role/"
    assert [event.action for event in Event.objects.order_by("pk")][-3:] == [
        "user.password_change", "user.email_confirm", "user.sign_in",
    ]  # fmt: skip


def test_a_new_password_by_mail_confirms_no_other_address():
    account = factories.user("rosa@example.org")
    EmailAddress.objects.create(user=account, email="added@example.org")
    Client().post("/accounts/password/reset/", {"email": "rosa@example.org"})
    client = Client()
    page = client.get(link_in(delivered()[-1]), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another-quiet-harbor", "password2": "another-quiet-harbor"})

    assert not EmailAddress.objects.get(email="added@example.org").verified


def test_signing_up_with_a_known_address_gives_the_same_answer():
    factories.user("rosa@example.org")

    response = sign_up(Client(), "Rosa@example.org")

    assert response.headers["Location"] == "/accounts/confirm-email/"
    assert User.objects.count() == EmailAddress.objects.count() == 1
    assert not Event.objects.filter(action="user.sign_up").exists()
    assert "/accounts/confirm-email/" not in delivered()[0].body


@pytest.mark.parametrize("password", ["short", "password1234", "new.person@example.org"])
def test_a_weak_password_is_refused(password):
    response = Client().post("/accounts/signup/", {"email": "new.person@example.org", "password1": password})

    assert response.status_code == 200
    assert not User.objects.exists()


def test_a_forgotten_password_is_set_anew_and_ends_nothing_silently():
    account = factories.user("rosa@example.org")
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ROSA@example.org"})
    page = client.get(link_in(delivered()[0]), follow=True)
    new = "another quiet lantern"

    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})

    account.refresh_from_db()
    assert account.check_password(new)
    assert "_auth_user_id" not in client.session
    assert delivered()[-1].to == ["rosa@example.org"]
    assert Event.objects.filter(action="user.password_change", actor_id=account.pk).count() == 1


# --- Signing in -----------------------------------------------------------------------------------------------------


def test_signing_in_and_out_is_recorded():
    account = factories.user("rosa@example.org")
    client = Client()
    sign_in(client, "Rosa@Example.org")
    client.post("/accounts/logout/")

    events = Event.objects.filter(subject_id=account.pk, subject_type="accounts.user").exclude(action="user.create")
    assert list(events.order_by("pk").values_list("action", "actor_id", "outcome")) == [
        ("user.sign_in", account.pk, "done"),
        ("user.sign_out", account.pk, "done"),
    ]


def test_a_wrong_password_is_recorded_with_the_account_tried():
    account = factories.user("rosa@example.org")
    sign_in(Client(), "rosa@example.org", "wrong")
    sign_in(Client(), "nobody@example.org", "wrong")

    events = Event.objects.filter(action="user.sign_in").order_by("pk")
    assert list(events.values_list("actor_id", "subject_id", "outcome")) == [
        (None, account.pk, "refused"),
        (None, None, "refused"),
    ]


def test_an_account_is_closed_for_a_while_after_five_failures():
    factories.user("rosa@example.org")
    for number in range(5):
        sign_in(Client(), "rosa@example.org", "wrong", REMOTE_ADDR=f"192.0.2.{number}")

    client = Client()
    response = sign_in(client, "rosa@example.org", REMOTE_ADDR="192.0.2.9")

    assert SLOW_DOWN in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_four_failures_close_nothing():
    factories.user("rosa@example.org")
    for _ in range(4):
        sign_in(Client(), "rosa@example.org", "wrong")

    assert sign_in(Client(), "rosa@example.org").headers["Location"] == "/accounts/role/"


def test_an_address_is_closed_for_a_while_after_ten_failures():
    factories.user("rosa@example.org")
    for number in range(10):
        sign_in(Client(), f"nobody{number}@example.org", "wrong", REMOTE_ADDR="192.0.2.1")

    assert SLOW_DOWN in sign_in(Client(), "rosa@example.org", REMOTE_ADDR="192.0.2.1").content.decode()
    elsewhere = sign_in(Client(), "rosa@example.org", REMOTE_ADDR="192.0.2.2")
    assert elsewhere.headers["Location"] == "/accounts/role/"


def test_a_forged_address_header_helps_nobody():
    for number in range(11):
        forged = {"X-Forwarded-For": f"198.51.100.{number}"}
        response = Client().post(LOGIN, {"login": f"nobody{number}@example.org", "password": "wrong"}, headers=forged)

    assert SLOW_DOWN in response.content.decode()


def test_the_admin_s_own_sign_in_page_leads_to_ours():
    factories.staff(email="boss@example.org")
    client = Client()

    response = client.post(
        "/admin/login/?next=/admin/", {"username": "boss@example.org", "password": factories.PASSWORD}
    )

    assert response.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/login/").headers["Location"].startswith(LOGIN)


def test_control_the_stock_admin_signs_in_after_any_number_of_wrong_passwords(settings):
    factories.staff(email="boss@example.org")
    stock = ModuleType("urls_with_the_stock_admin")
    stock.urlpatterns = [path("admin/", AdminSite(name="admin").urls), *urls.urlpatterns[1:]]
    settings.ROOT_URLCONF = stock
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    client = Client()
    for _ in range(11):
        client.post("/admin/login/", {"username": "boss@example.org", "password": "wrong"})

    client.post("/admin/login/", {"username": "boss@example.org", "password": factories.PASSWORD})

    assert "_auth_user_id" in client.session


def test_the_admin_refuses_accounts_that_are_not_staff():
    client = factories.client_for(factories.user())

    assert client.get("/admin/login/").status_code == 403
    assert client.get("/admin/", follow=True).status_code == 403


def test_signing_in_gives_a_new_session_key():
    factories.user("rosa@example.org")
    client = Client()
    session = client.session
    session["invitation"] = 7
    session.save()
    before = client.session.session_key

    sign_in(client, "rosa@example.org")

    assert client.session.session_key != before
    assert client.session["invitation"] == 7
