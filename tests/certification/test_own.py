"""Contact data that patients and caregivers change by themselves."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from certification.models import Caregiver, Patient
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.delivery import people

pytestmark = pytest.mark.django_db
PAGE = "/contact-data/"


def test_change_phone_counts_at_once_and_the_mail_does_not_name_the_number(mailoutbox):
    patient = factories.patient()
    text = factories.client_for(patient.user).post(PAGE, {"phone": "203 555 0171"}, follow=True).content.decode()

    assert "We call you under this number" in text
    assert Patient.objects.get().phone.as_e164 == "+12035550171"
    send_due(by=None)
    mails = [sent for sent in mailoutbox if "phone number" in sent.subject]
    assert [sent.to for sent in mails] == [[patient.email]]
    assert "0171" not in mails[0].body


def test_the_same_number_again_sends_no_message():
    patient = factories.patient()
    factories.client_for(patient.user).post(PAGE, {"phone": patient.phone.as_national})
    assert not Notification.objects.filter(kind="phone_changed").exists()


@pytest.mark.parametrize("typed", ["", "203 555 01", "\x00", "x" * 1_000_000, "+49 30 123456"])
def test_a_number_that_is_none_is_refused(typed):
    patient = factories.patient()
    response = factories.client_for(patient.user).post(PAGE, {"phone": typed})
    assert (response.status_code, Patient.objects.get().phone) == (200, patient.phone)


def test_a_caregiver_changes_the_own_number_and_not_the_patients():
    patient, caregiver = people.patient_with_caregiver()
    factories.client_for(caregiver.user).post(PAGE, {"phone": "203 555 0171"})
    assert Caregiver.objects.get().phone.as_e164 == "+12035550171"
    assert Patient.objects.get().phone == patient.phone


def test_follow_email_writes_to_the_main_address_of_the_account():
    patient = factories.patient()
    EmailAddress.objects.create(user=patient.user, email="new@example.org", verified=True, primary=False)
    client, elsewhere = factories.client_for(patient.user), factories.client_for(factories.user())
    client.post("/accounts/email/", {"email": "new@example.org", "action_primary": ""}, follow=True)
    assert Patient.objects.get().email == patient.email

    link = link_to(patient.email)
    for visitor in (elsewhere, client):
        visitor.get(link)
        visitor.post("/accounts/email/main/")
        visitor.get(link)
    assert Patient.objects.get().email == "new@example.org"
    assert "cannot be used" in client.get("/accounts/email/main/").content.decode()


def link_to(address):
    """Return the path in the mail to the present address."""
    send_due(by=None)
    bodies = [sent.body for sent in mail.outbox if address in sent.to and "/accounts/email/main/" in sent.body]
    return re.search(r"/accounts/email/main/\S+", bodies[-1])[0]


def test_check_may_be_main_takes_a_confirmed_address_alone():
    patient = factories.patient()
    EmailAddress.objects.create(user=patient.user, email="new@example.org", verified=False, primary=False)
    text = factories.client_for(patient.user).post(
        "/accounts/email/", {"email": "new@example.org", "action_primary": ""}, follow=True
    )
    assert "Confirm this address first" in text.content.decode()
    assert not Notification.objects.filter(kind="main_address").exists()


def test_own_contact_is_only_for_people_who_have_joined():
    assert Client().get(PAGE).status_code == 302
    assert factories.client_for(factories.user()).get(PAGE).status_code == 404
