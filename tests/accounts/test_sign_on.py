"""The state's sign-on, with a real OpenID Connect provider over HTTP."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import User
from audit.models import Event
from tests import factories
from tests.mails import delivered
from tests.sign_on import switch_on

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LOGIN = "/accounts/oidc/state/login/"
CONNECTIONS = "/accounts/3rdparty/"
ROSA = "rosa@example.org"


@pytest.fixture(autouse=True)
def _on(settings, provider):
    switch_on(settings, provider.url)


def goes(client, provider, subject="subject-1", process="login", **answers):
    """Press the button, sign in at the provider and come back; return the answer of the portal's callback."""
    sent = client.post(f"{LOGIN}?process={process}")
    back = provider.lets_in(sent.headers["Location"], **(answers or {"sub": subject}))
    return client.get(back.removeprefix("http://testserver"))


def words(response):
    return " ".join(response.content.decode().split())


def is_signed_in(client):
    return "_auth_user_id" in client.session


# --- A new account --------------------------------------------------------------------------------------------------


def test_a_confirmed_address_makes_an_account_that_is_signed_in(provider):
    provider.knows("subject-1", email=ROSA.upper(), email_verified=True, name="Rosa Delgado", birthdate="1980-04-28")
    client = Client()

    response = goes(client, provider)

    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/role/")
    user = User.objects.get()
    assert (user.email, user.has_usable_password()) == (ROSA, False)
    assert EmailAddress.objects.get(user=user).verified
    stored = SocialAccount.objects.get()
    assert (stored.uid, stored.extra_data) == ("subject-1", {})
    assert set(Event.objects.values_list("action", flat=True)) >= {"user.sign_up", "user.sign_in"}


def test_the_second_time_the_same_account_is_signed_in_whatever_the_address(provider):
    provider.knows("subject-1", email=ROSA, email_verified=True)
    goes(Client(), provider)
    provider.knows("subject-1", email="other@example.org", email_verified=True)
    client = Client()

    goes(client, provider)

    assert client.session["_auth_user_id"] == str(User.objects.get(email=ROSA).pk)
    assert User.objects.count() == 1


def test_the_request_asks_for_little_and_proves_itself_with_pkce():
    asked = parse_qs(urlsplit(Client().post(LOGIN).headers["Location"]).query)

    assert set(asked["scope"][0].split()) == {"openid", "email"}
    assert (asked["code_challenge_method"], len(asked["code_challenge"][0])) == (["S256"], 43)
    assert asked["redirect_uri"] == ["http://testserver/accounts/oidc/state/login/callback/"]


@pytest.mark.parametrize(
    "claims",
    [{"email": ROSA, "email_verified": False}, {"email": ROSA}, {"email": ROSA, "email_verified": "false"}, {}],
    ids=["unconfirmed", "not said", "a text", "no address"],
)
def test_an_address_that_is_not_confirmed_makes_no_account(provider, claims):
    provider.knows("subject-2", **claims)
    client = Client()

    response = goes(client, provider, "subject-2")

    assert response.status_code == 403
    assert "Your email address is not confirmed there" in words(response)
    assert (User.objects.count(), SocialAccount.objects.count(), is_signed_in(client)) == (0, 0, False)


# --- An account that stands here ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verified", [True, False], ids=["confirmed here", "not confirmed here"])
def test_an_account_with_the_same_address_is_not_taken_over(provider, verified):
    account = factories.user(ROSA)
    EmailAddress.objects.filter(user=account).update(verified=verified)
    provider.knows("subject-3", email=ROSA, email_verified=True)
    client = Client()

    response = goes(client, provider, "subject-3")

    assert response.status_code == 403
    assert "You have an account here already" in words(response)
    assert (User.objects.count(), SocialAccount.objects.count(), is_signed_in(client)) == (1, 0, False)


def test_a_signed_in_person_connects_the_sign_on_and_gets_a_message(provider):
    account = factories.user("nora@example.org")
    provider.knows("subject-4", email="nora@state.example", email_verified=False)
    client = factories.client_for(account)
    assert "Connect State ID" in words(client.get(CONNECTIONS))

    goes(client, provider, "subject-4", "connect")
    later = Client()
    goes(later, provider, "subject-4")

    assert SocialAccount.objects.get().user == account
    assert later.session["_auth_user_id"] == str(account.pk)
    assert Event.objects.get(action="user.sign_on_connect").actor_id == account.pk
    assert [sent.subject for sent in delivered()] == ["A state sign-on was connected to your account"]


def test_one_that_is_connected_elsewhere_is_not_connected_again(provider):
    provider.knows("subject-5", email=ROSA, email_verified=True)
    goes(Client(), provider, "subject-5")
    client = factories.client_for(factories.user())

    goes(client, provider, "subject-5", "connect")

    assert "connected to another account here already" in words(client.get(CONNECTIONS))
    assert SocialAccount.objects.get().user.email == ROSA


def test_a_person_with_a_password_disconnects_the_sign_on(provider):
    account = factories.user("nora@example.org")
    client = factories.client_for(account)
    goes(client, provider, "subject-6", "connect")
    page = words(client.get(CONNECTIONS))
    assert "Disconnect it" in page

    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})

    assert not SocialAccount.objects.exists()
    assert Event.objects.get(action="user.sign_on_disconnect").actor_id == account.pk


def test_a_person_without_a_password_reads_why_the_sign_on_stays(provider):
    provider.knows("subject-7", email=ROSA, email_verified=True)
    client = Client()
    goes(client, provider, "subject-7")

    response = client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})

    assert "Set a password first" in words(response)
    assert SocialAccount.objects.exists()


# --- Our second factor stands ---------------------------------------------------------------------------------------


def test_the_second_factor_is_asked_for_after_it(provider):
    account = factories.user("nora@example.org")
    goes(factories.client_for(account), provider, "subject-8", "connect")
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    client = Client()

    response = goes(client, provider, "subject-8")

    assert (response.headers["Location"], is_signed_in(client)) == ("/accounts/2fa/authenticate/", False)


def test_a_professional_without_one_is_asked_to_set_it_up(provider, settings):
    account = factories.staff("Pharmacist")
    goes(factories.client_for(account), provider, "subject-9", "connect")
    settings.REQUIRE_MFA = True
    client = Client()
    goes(client, provider, "subject-9")

    assert client.get("/admin/").headers["Location"] == "/accounts/2fa/totp/activate/"


# --- What goes wrong ------------------------------------------------------------------------------------------------


def test_a_person_who_cancels_there_reads_that_nothing_changed(provider):
    client = Client()

    response = goes(client, provider, action="deny")

    assert response.headers["Location"] == "/accounts/3rdparty/login/cancelled/"
    assert "Nothing has changed" in words(client.get(response.headers["Location"]))


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=guessed", "?error=server_error&state=%20", "?code=" + "x" * 9000]
)
def test_a_callback_that_nobody_asked_for_signs_nobody_in(query):
    client = Client()

    response = client.get(f"{LOGIN}callback/{query}")

    assert (response.status_code, is_signed_in(client)) == (401, False)
    assert "Signing in did not work" in words(response)


def test_a_wrong_code_signs_nobody_in(provider):
    client = Client()
    state = parse_qs(urlsplit(client.post(LOGIN).headers["Location"]).query)["state"][0]

    response = client.get(f"{LOGIN}callback/", {"code": "guessed", "state": state})

    assert (response.status_code, is_signed_in(client)) == (401, False)


def test_a_provider_that_does_not_answer_gets_a_page_of_ours(settings):
    switch_on(settings, "http://127.0.0.1:9")

    response = Client().post(LOGIN)

    assert response.status_code == 502
    assert "sign in with your password" in words(response)


def test_the_button_is_there_only_when_it_is_on(settings):
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert "Sign in with State ID" in words(Client().get(page))
    settings.OIDC_SERVER_URL = ""
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert "State ID" not in words(Client().get(page))
