"""What the office reads: rules that are told before they are broken, relations that fit, no code that joins nobody."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from certification import actions, rules
from certification.models import Invitation
from notifications.models import Notification
from tests import factories
from tests.certification import forms
from tests.certification.test_letters import child
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHOSEN = "parent", "guardian", "custodian"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def signed_child(physician, **over):
    profile = factories.profile(birth_date=date(2015, 3, 4), first_name="Pip", **over)
    draft = child(physician)
    draft = actions.save_step(draft=draft, step="profile", answers=profile, by=physician.user)
    return actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)


# --- Who joins ------------------------------------------------------------------------------------------------------


def test_nobody_is_offered_a_code_for_a_minor(client, physician):
    signed = signed_child(physician)
    page = " ".join(client.get(url(signed, "confirmation")).content.decode().split())
    assert "Print a code for Pip" not in page and "Send the invitation to Pip" not in page
    assert "Pip Delgado needs no account: the guardian makes one, orders and receives." in page
    assert "Print a code for Elena" in page
    assert "Print code" not in client.get("/certification/").content.decode()


def test_a_minor_with_an_address_is_sent_no_invitation_and_gets_no_code(client, physician):
    signed = signed_child(physician)
    assert signed.patient.email and not Invitation.objects.filter(patient=signed.patient).exists()
    client.post(url(signed, "code"), {"who": "patient"})
    client.post(url(signed, "invite"), {"who": "patient"})
    assert not Invitation.objects.filter(patient=signed.patient).exists()
    assert Notification.objects.filter(kind="invitation").count() == 1  # the guardian's


def test_check_may_be_invited_names_the_guardian(physician):
    signed, adult = signed_child(physician), factories.certification(physician, joined=False)
    with pytest.raises(rules.InvitationError, match="has a guardian"):
        rules.check_may_be_invited(signed.patient, today=timezone.localdate())
    assert rules.may_be_invited(adult.patient, today=timezone.localdate())
    assert rules.may_be_invited(signed.patient, today=date(2034, 3, 4))  # of age, and not closed


def test_a_closed_record_shows_no_code(client, physician):
    signed = factories.certification(physician, joined=False)
    client.post(url(signed, "code"), {"who": "patient"})
    assert "A code for Rosa" in client.get(url(signed, "confirmation")).content.decode()
    actions.close_patient(patient=signed.patient, closed_for="moved", by=physician.user)
    page = client.get(url(signed, "confirmation")).content.decode()
    assert "A code for Rosa" not in page and "Print a code" not in page


def test_a_code_that_has_ended_is_shown_no_more(client, physician):
    signed = factories.certification(physician, joined=False)
    client.post(url(signed, "code"), {"who": "patient"})
    invitation = Invitation.objects.get()
    assert rules.is_open(invitation, now=invitation.valid_until - timedelta(seconds=1))
    assert not rules.is_open(invitation, now=invitation.valid_until)


# --- Relations ------------------------------------------------------------------------------------------------------


def test_the_caregiver_of_a_minor_can_be_no_husband(client, physician):
    draft = child(physician)
    choices = [
        value for value, _label in client.get(url(draft, "caregiver")).context["form"]["relationship"].field.choices
    ]
    assert choices == ["", *CHOSEN]
    form = client.post(url(draft, "caregiver"), forms.caregiver(relationship="spouse")).context["form"]
    assert "parent, guardian or other legal custodian" in form.errors["relationship"][0]
    signed = signed_child(physician)
    page = client.get(url(signed, "assign")).context["form"]
    assert [value for value, _label in page["relationship"].field.choices] == ["", *CHOSEN]


def test_the_caregiver_of_an_adult_can_be_a_husband(client, physician):
    draft = factories.draft(physician)
    assert client.post(url(draft, "caregiver"), forms.caregiver(relationship="spouse")).url == url(draft, "sign")


# --- Rules told before they are broken ------------------------------------------------------------------------------


@time_machine.travel("2026-11-25T15:00:00+00:00")
def test_the_form_says_how_old_exam_and_review_may_be(client, physician):
    page = client.get(url(factories.draft(physician), "condition")).content.decode()
    rule = "Exam and monitoring review count for 180 days: both must be of May 29, 2026 or later."
    assert page.index(rule) < page.index('name="exam_date_month"')
    assert rules.oldest_exam_date(date(2026, 11, 25)) == date(2026, 5, 29)


# --- The list of all patients ---------------------------------------------------------------------------------------


def test_a_physician_gives_the_password_before_the_list_of_all_patients(physician):
    factories.certification(physician)
    client = factories.client_for(physician.user)
    assert client.get("/certification/patients.csv").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        answer = client.get("/certification/patients.csv")
    assert answer.status_code == 302 and "/accounts/reauthenticate/" in answer.url


def test_a_delegate_has_no_list_of_all_patients(physician):
    factories.certification(physician)
    client = factories.client_for(factories.delegate(physician))
    assert "patients.csv" not in client.get("/certification/").content.decode()
    assert client.get("/certification/patients.csv").status_code == 404
