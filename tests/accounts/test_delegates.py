"""A physician names delegates by e-mail; the person who signs in with the verified address prepares."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import actions, rules
from accounts.backends import PortalBackend
from accounts.models import Delegate, Physician, User
from audit.models import Event
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
PAGE = "/accounts/physician/delegates/"
DANA = "dana@example.org"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def name(physician, email=DANA):
    return actions.name_delegate(physician=physician, email=email, by=physician.user)


def sign_in(email=DANA):
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": factories.PASSWORD})
    return client


def is_delegate(email=DANA):
    return PortalBackend().get_user(User.objects.get(email=email).pk).person.is_delegate


def mailed():
    mail.outbox.clear()
    send_due(by=None)
    return [message for message in mail.outbox if "named" in message.subject]


# --- Naming ---------------------------------------------------------------------------------------------------------


def test_name_delegate_counts_from_today_and_once(physician):
    first, again = name(physician, " Dana@Example.org "), name(physician)

    assert first == again
    assert (first.email, first.user, first.started_date, first.ended_date) == (DANA, None, timezone.localdate(), None)
    assert Notification.objects.filter(kind="delegate_named").count() == 1
    assert Event.objects.get(action="delegate.name").subject_id == first.pk


def test_name_delegate_says_how_to_make_an_account(physician):
    name(physician)

    [message] = mailed()
    assert (message.to, message.subject) == ([DANA], "You were named to prepare for a physician")
    assert "http://testserver/accounts/signup/" in message.body and DANA in message.body
    assert "Dr. Amara Osei" in message.body
    assert 'href="http://testserver/accounts/signup/"' in message.alternatives[0].content


def test_name_delegate_asks_an_account_owner_to_sign_in(physician):
    factories.user(DANA)
    name(physician)

    [message] = mailed()
    assert "http://testserver/accounts/login/" in message.body and "signup" not in message.body


def test_the_mail_to_a_delegate_is_dropped_when_the_naming_ended(physician):
    actions.end_delegate(delegate=name(physician), by=physician.user)

    assert mailed() == []
    assert Notification.objects.get(kind="delegate_named").status == "cancelled"


@pytest.mark.parametrize("whose", ["roster", "account", "second"])
def test_check_delegate_is_somebody_else_refuses_the_physicians_own_address(physician, whose):
    with unguarded():
        Physician.objects.update(email="Roster@example.org")
        physician.user.emailaddress_set.create(email="second@example.org", verified=False)
    physician.refresh_from_db()
    own = {"roster": "roster@example.org", "account": physician.user.email, "second": "second@example.org"}

    with pytest.raises(rules.DelegateError, match="your own address") as refused:
        name(physician, own[whose].upper())

    assert refused.value.field == "email"
    assert not Delegate.objects.exists() and not Notification.objects.filter(kind="delegate_named").exists()


@pytest.mark.parametrize("state", [{"status": "suspended"}, {"status": "left", "left_date": timezone.localdate()}])
def test_check_may_name_delegates_refuses_physicians_who_may_not_certify(physician, state):
    with unguarded():
        Physician.objects.update(**state)

    with pytest.raises(rules.DelegateError, match="call the program"):
        name(physician)
    assert not Delegate.objects.exists()


# --- Becoming active ------------------------------------------------------------------------------------------------


def test_a_delegation_becomes_active_when_the_account_signs_in(physician):
    factories.user(DANA)
    delegate = name(physician)
    assert not is_delegate()

    client = sign_in()

    delegate.refresh_from_db()
    assert (delegate.user.email, is_delegate()) == (DANA, True)
    assert client.get("/certification/").status_code == 200
    event = Event.objects.get(action="delegate.activate")
    assert (event.actor_id, event.subject_id) == (delegate.user_id, delegate.pk)


def test_an_address_that_is_not_verified_activates_nothing(physician):
    stranger = factories.user("stranger@example.org")
    with unguarded():
        stranger.emailaddress_set.create(email=DANA, verified=False)
    name(physician)

    sign_in(stranger.email)

    assert not is_delegate(stranger.email)
    assert Delegate.objects.get().user is None


def test_a_second_verified_address_of_an_account_counts(physician):
    account = factories.user("dana.reyes@example.org")
    with unguarded():
        account.emailaddress_set.create(email=DANA, verified=True)
    name(physician)

    sign_in(account.email)

    assert is_delegate(account.email)


def test_two_names_of_one_person_become_one_delegation(physician):
    account = factories.user("dana.reyes@example.org")
    name(physician, account.email)
    sign_in(account.email)
    with unguarded():
        account.emailaddress_set.create(email=DANA, verified=True)
    second = name(physician)

    sign_in(account.email)

    second.refresh_from_db()
    assert (second.user, second.ended_date) == (None, timezone.localdate())
    assert Delegate.objects.current(timezone.localdate()).get().email == account.email


def test_activate_delegations_of_an_ended_naming_does_nothing(physician):
    account = factories.user(DANA)
    actions.end_delegate(delegate=name(physician), by=physician.user)

    assert actions.activate_delegations(user=account, by=account) == 0


def test_activate_delegations_never_makes_a_physician_their_own_delegate(physician):
    name(physician)
    with unguarded():
        physician.user.emailaddress_set.create(email=DANA, verified=True)

    assert actions.activate_delegations(user=physician.user, by=physician.user) == 0


@pytest.mark.parametrize(("after", "active"), [(13, True), (14, False)])
def test_a_naming_that_nobody_took_up_in_time_opens_nothing(physician, after, active):
    factories.user(DANA)
    name(physician)

    with time_machine.travel(timezone.now() + timedelta(days=after), tick=False):
        sign_in()
        assert is_delegate() is active


def test_naming_again_renews_the_days_and_the_message(physician):
    factories.user(DANA)
    first = name(physician)
    with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
        assert name(physician) == first
        sign_in()
        assert is_delegate()
    assert Notification.objects.filter(kind="delegate_named").count() == 2


def test_signing_in_without_delegations_takes_no_more_queries(django_assert_num_queries):
    account = factories.user()
    with django_assert_num_queries(4):  # addresses, what waits, and a savepoint around them
        actions.activate_delegations(user=account, by=account)


# --- Ending ---------------------------------------------------------------------------------------------------------


def test_end_delegate_counts_from_today(physician):
    account = factories.delegate(physician)

    for _ in range(2):
        actions.end_delegate(delegate=Delegate.objects.get(), by=physician.user)

    assert Delegate.objects.get().ended_date == timezone.localdate()
    assert not PortalBackend().get_user(account.pk).person.is_delegate
    assert Event.objects.filter(action="delegate.end", outcome="done").count() == 1


def test_a_delegate_can_be_named_again_after_the_end(physician):
    account = factories.delegate(physician)
    actions.end_delegate(delegate=Delegate.objects.get(), by=physician.user)

    name(physician, account.email)
    actions.activate_delegations(user=account, by=account)

    assert PortalBackend().get_user(account.pk).person.is_delegate
    assert Delegate.objects.count() == 2


# --- The page -------------------------------------------------------------------------------------------------------


def test_the_page_names_lists_and_ends(client, physician):
    page = client.post(PAGE, {"email": "Dana@example.org"}, follow=True)
    assert page.redirect_chain == [(PAGE, 302)]
    assert DANA in page.content.decode() and "Has not signed in yet" in page.content.decode()
    assert f"Since {timezone.localdate():%B %-d, %Y}" in page.content.decode()

    factories.user(DANA)
    sign_in()
    assert "Active" in client.get(PAGE).content.decode()
    assert "prepares for you already" in client.post(PAGE, {"email": DANA}, follow=True).content.decode()

    ended = client.post(PAGE, {"end": Delegate.objects.get().pk}, follow=True).content.decode()
    assert "Ended. From now on" in ended and f"{DANA}, from" in ended
    assert not is_delegate()


def test_the_page_shows_an_error_beside_its_field(client, physician):
    for typed, sentence in (
        ("", "Enter"),
        ("dana", "with an @"),
        (physician.user.email, "This is your own address"),
    ):
        form = client.post(PAGE, {"email": typed}).context["form"]
        assert sentence in form.errors["email"][0]
    assert not Delegate.objects.exists()


def test_the_page_says_when_nobody_took_a_naming_up(client, physician):
    name(physician)
    with time_machine.travel(timezone.now() + timedelta(days=14), tick=False):
        page = factories.client_for(physician.user).get(PAGE).content.decode()
    assert "Nobody signed in with this address within 14 days" in page


@pytest.mark.parametrize("pk", ["", "abc", "9" * 40, "\x00", "²"])
def test_the_page_ends_nothing_for_nonsense(client, physician, pk):
    factories.delegate(physician)
    assert client.post(PAGE, {"end": pk}).url == PAGE
    assert Delegate.objects.get().ended_date is None


def test_a_physician_ends_no_delegate_of_another(client):
    factories.delegate(factories.identified_physician())
    client.post(PAGE, {"end": Delegate.objects.get().pk})
    assert Delegate.objects.get().ended_date is None


def test_a_delegate_names_nobody(physician):
    client = factories.client_for(factories.delegate(physician))
    assert client.get(PAGE).status_code == client.post(PAGE, {"email": DANA}).status_code == 404
    assert Delegate.objects.count() == 1
