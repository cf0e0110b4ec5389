"""The pages on which invited people join and affirm."""

import re
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from certification.actions import invite
from certification.models import Invitation, Patient
from certification.statements import CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS
from notifications.actions import send_due
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BORN = forms.date_boxes("birth_date", date(1980, 4, 28))
NEW = {"password": factories.PASSWORD, **BORN}


@shared
def certification():
    return factories.certification(joined=False)


def link_to(person):
    """Return the address in the mail: only it has the token."""
    send_due(by=None)
    body = next(
        message.body
        for message in reversed(mail.outbox)
        if person.email in message.to and "/invitation/" in message.body
    )
    return re.search(r"/invitation/[\w-]+/", body)[0]


def opened(person, account=None):
    """Return a signed-in client that has opened the link."""
    client = factories.client_for(account or factories.user())
    client.get(link_to(person))
    return client


def visitor_of(person):
    """Return a client that nobody has signed in and that has opened the link."""
    client = Client()
    client.get(link_to(person))
    return client


# --- Invitation -----------------------------------------------------------------------------------------------------


def test_invitation_link_leads_to_a_clean_address_and_uses_nothing_up(certification):
    client, link = Client(), link_to(certification.patient)
    for _ in range(3):
        response = client.get(link)
        assert (response.status_code, response.url) == (302, "/invitation/")
    assert client.get("/invitation/").status_code == 200
    assert Invitation.objects.get().used_at is None
    assert client.post(link).status_code == 405


def test_invitation_offers_a_visitor_an_account_and_shows_no_name(certification):
    page = visitor_of(certification.patient).get("/invitation/").content.decode()
    assert "/accounts/signup/?next=/invitation/" in page and "/accounts/login/?next=/invitation/" in page
    assert certification.patient.email in page
    assert "Rosa" not in page and "Delgado" not in page and certification.physician.last_name not in page


def test_invitation_without_a_link_says_where_it_is(certification):
    page = Client().get("/invitation/").content.decode()
    assert "Did you get a link by mail?" in page and "/accounts/signup/?next=/invitation/" in page


@pytest.mark.parametrize("token", ["nonsense", "a" * 3000, "%00", "🌿", "%E2%80%AE"])
def test_invitation_link_that_is_unknown_says_what_to_do(token):
    response = Client().get(f"/invitation/{token}/")
    assert response.status_code == 404 and "This invitation cannot be used" in response.content.decode()


def test_invitation_that_was_used_says_so(certification):
    link = link_to(certification.patient)
    factories.join(certification.patient)
    client = Client()
    client.get(link)
    response = client.get("/invitation/")
    assert response.status_code == 410 and "used already" in response.content.decode()


def test_invitation_that_was_replaced_has_ended():
    certification = factories.certification(joined=False, on=timezone.localdate() - timedelta(days=2))
    client = Client()
    client.get(link_to(certification.patient))
    invite(person=certification.patient, by=certification.physician.user)
    response = client.get("/invitation/")
    assert response.status_code == 410 and "has ended" in response.content.decode()


def test_invitation_with_the_birth_date_joins_and_leads_to_the_affirmation(certification):
    account = factories.user()
    client = opened(certification.patient, account)
    page = client.get("/invitation/").content.decode()
    assert "Rosa" not in page and 'autocomplete="bday-month"' in page
    for _ in range(2):  # posted twice
        assert client.post("/invitation/", BORN).url == "/affirm/"
    certification.patient.refresh_from_db()
    assert certification.patient.user_id == account.pk


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"birth_date_day": "27"}, "does not match"),
        ({"birth_date_day": "31"}, "April has 30 days"),
        ({"birth_date_year": "2999"}, "must be in the past"),
        ({"birth_date_year": "\x00"}, "4 digits"),
        (dict.fromkeys(BORN, ""), "Enter your date of birth"),
    ],
)
def test_invitation_refuses_another_birth_date(certification, over, sentence):
    response = opened(certification.patient).post("/invitation/", BORN | over)
    assert sentence in str(response.context["form"].errors)
    certification.patient.refresh_from_db()
    assert certification.patient.user_id is None


def test_invitation_closes_after_five_wrong_birth_dates(certification):
    client = opened(certification.patient)
    for _ in range(5):
        client.post("/invitation/", BORN | {"birth_date_day": "27"})
    response = client.post("/invitation/", BORN)
    assert response.status_code == 410 and "did not match five times" in response.content.decode()
    certification.patient.refresh_from_db()
    assert certification.patient.user_id is None


def test_invitation_is_refused_to_the_certifier(certification):
    client = opened(certification.patient, certification.physician.user)
    response = client.post("/invitation/", BORN)
    assert "The certifying physician cannot accept" in str(response.context["form"].errors)


# --- A new account --------------------------------------------------------------------------------------------------


def test_a_new_account_joins_is_signed_in_and_has_a_confirmed_address(certification):
    client = visitor_of(certification.patient)
    assert client.post("/invitation/", NEW).url == "/affirm/"
    account = User.objects.get(email=certification.patient.email)
    certification.patient.refresh_from_db()
    assert certification.patient.user_id == account.pk and account.check_password(factories.PASSWORD)
    address = (certification.patient.email, True, True)
    assert list(account.emailaddress_set.values_list("email", "verified", "primary")) == [address]
    assert client.get("/affirm/").status_code == 200
    assert not [message for message in mail.outbox if "confirm-email" in message.body]


def test_a_new_account_leaves_the_events_of_what_was_proven(certification):
    before = Event.objects.latest("pk").pk
    visitor_of(certification.patient).post("/invitation/", NEW)
    events = Event.objects.filter(pk__gt=before).exclude(action__startswith="message").order_by("pk")
    account = User.objects.get(email=certification.patient.email)
    assert list(events.values_list("action", "actor_id", "outcome")) == [
        ("user.email_confirm", account.pk, "done"),
        ("invitation.accept", account.pk, "done"),
        ("user.sign_up", account.pk, "done"),
        ("user.sign_in", account.pk, "done"),
    ]


def test_a_new_account_of_a_caregiver_joins_in_the_same_way():
    caregiver = factories.certification(
        joined=False, caregiver=factories.caregiver()
    ).patient.current_assignment.caregiver
    client = visitor_of(caregiver)
    born = forms.date_boxes("birth_date", caregiver.birth_date)
    assert client.post("/invitation/", {"password": factories.PASSWORD, **born}).url == "/affirm/"
    caregiver.refresh_from_db()
    assert caregiver.user.email == caregiver.email


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"birth_date_day": "27"}, "does not match our records"),
        ({"birth_date_year": "\x00"}, "4 digits"),
        ({"password": ""}, "Choose a password"),
        ({"password": "short"}, "too short"),
        ({"password": "password1234"}, "too common"),
    ],
)
def test_no_account_is_made_with_a_wrong_date_or_a_weak_password(certification, over, sentence):
    client, accounts = visitor_of(certification.patient), User.objects.count()
    response = client.post("/invitation/", NEW | over)
    assert sentence in str(response.context["form"].errors) and "_auth_user_id" not in client.session
    assert User.objects.count() == accounts
    assert Invitation.objects.get().failed_tries == (1 if over == {"birth_date_day": "27"} else 0)


def test_five_wrong_birth_dates_of_visitors_end_the_invitation(certification):
    client = visitor_of(certification.patient)
    for _ in range(5):
        client.post("/invitation/", NEW | {"birth_date_day": "27"})
    response = client.post("/invitation/", NEW)
    assert response.status_code == 410 and "did not match five times" in response.content.decode()
    assert not User.objects.filter(email=certification.patient.email).exists()


def test_an_address_that_has_an_account_is_asked_to_sign_in(certification):
    email = certification.patient.email
    client = visitor_of(certification.patient)
    factories.user(email)
    page = client.get("/invitation/").content.decode()
    assert f"There is an account with the address <strong>{email}</strong> already" in page
    assert client.post("/invitation/", NEW).status_code == 200 and "_auth_user_id" not in client.session
    assert Invitation.objects.get().used_at is None


def test_an_address_that_somebody_else_only_claims_does_not_stand_in_the_way(certification):
    other = factories.user()
    EmailAddress.objects.create(user=other, email=certification.patient.email, verified=False)
    assert visitor_of(certification.patient).post("/invitation/", NEW).url == "/affirm/"


def test_an_account_made_at_the_same_moment_with_the_address_is_not_taken_over(certification, monkeypatch):
    client, answers = visitor_of(certification.patient), iter([False, False, True])
    theirs = factories.user(certification.patient.email)
    monkeypatch.setattr("certification.rules.joining.has_account", lambda email: next(answers))
    response = client.post("/invitation/", NEW)
    assert "has an account already" in str(response.context["form"].errors)
    certification.patient.refresh_from_db()
    assert certification.patient.user_id is None and theirs.check_password(factories.PASSWORD)


def test_a_posted_address_is_not_the_one_of_the_account(certification):
    visitor_of(certification.patient).post("/invitation/", NEW | {"email": "else@example.org"})
    assert not User.objects.filter(email="else@example.org").exists()


def test_the_account_has_the_address_that_was_mailed_and_not_a_later_one(certification):
    mailed, client = certification.patient.email, visitor_of(certification.patient)
    with unguarded():
        Patient.objects.filter(pk=certification.patient.pk).update(email="later@example.org")
    client.post("/invitation/", NEW)
    certification.patient.refresh_from_db()
    assert certification.patient.user.email == mailed


def test_an_invitation_from_before_addresses_were_kept_confirms_by_mail(certification):
    with unguarded():
        Invitation.objects.update(mailed_to="")
    client = visitor_of(certification.patient)
    assert "/accounts/signup/?next=/invitation/" in client.get("/invitation/").content.decode()
    assert client.post("/invitation/", NEW).status_code == 200
    assert not User.objects.filter(email=certification.patient.email).exists()


def test_a_link_opened_again_in_another_browser_says_that_it_was_used(certification):
    first, second = visitor_of(certification.patient), visitor_of(certification.patient)
    assert first.post("/invitation/", NEW).url == "/affirm/"
    assert first.get("/invitation/").url == "/affirm/"
    response = second.post("/invitation/", NEW)
    assert response.status_code == 410 and "Sign in with the account you made" in response.content.decode()


def test_new_accounts_by_invitation_are_limited_like_others(certification):
    client = visitor_of(certification.patient)
    answers = [client.post("/invitation/", NEW | {"password": "short"}).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_a_passkey_can_be_added_after_joining_without_the_password_again(certification):
    client = visitor_of(certification.patient)
    client.post("/invitation/", NEW)
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200


# --- Affirmation ----------------------------------------------------------------------------------------------------


def test_affirmation_asks_for_each_sentence(certification):
    client = opened(certification.patient)
    client.post("/invitation/", BORN)
    form = client.get("/affirm/").context["form"]
    assert list(form.fields) == list(PATIENT_AFFIRMATIONS)
    for missing in PATIENT_AFFIRMATIONS:
        ticked = {name: "on" for name in PATIENT_AFFIRMATIONS if name != missing}
        assert list(client.post("/affirm/", ticked).context["form"].errors) == [missing]
    certification.patient.refresh_from_db()
    assert certification.patient.affirmed_at is None


def test_affirmation_leads_home_and_stays(certification):
    client = opened(certification.patient)
    client.post("/invitation/", BORN)
    ticked = dict.fromkeys(PATIENT_AFFIRMATIONS, "on")
    assert client.post("/affirm/", ticked, follow=True).redirect_chain[-1][0] == "/home/"
    certification.patient.refresh_from_db()
    first = certification.patient.affirmed_at
    assert client.post("/affirm/", ticked).url == "/home/"
    certification.patient.refresh_from_db()
    assert certification.patient.affirmed_at == first is not None


def test_affirmation_of_a_caregiver_names_the_patient():
    certification = factories.certification(joined=False, caregiver=factories.caregiver())
    client = opened(certification.patient.current_assignment.caregiver)
    client.post("/invitation/", forms.date_boxes("birth_date", date(1975, 1, 2)))
    page = client.get("/affirm/")
    assert list(page.context["form"].fields) == list(CAREGIVER_AFFIRMATIONS)
    assert "Rosa Delgado" in page.content.decode()


def test_a_stranger_has_nothing_to_affirm():
    assert factories.client_for(factories.user()).get("/affirm/").status_code == 404
