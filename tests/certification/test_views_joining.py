"""The pages on which invited people join and affirm."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from certification.actions import invite
from certification.models import Invitation
from certification.statements import CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS
from notifications.actions import send_due
from tests import factories
from tests.certification import forms

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BORN = forms.date_boxes("birth_date", date(1980, 4, 28))


@pytest.fixture
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
    client = Client()
    client.get(link_to(certification.patient))
    page = client.get("/invitation/").content.decode()
    assert "/accounts/signup/?next=/invitation/" in page and "/accounts/login/?next=/invitation/" in page
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
