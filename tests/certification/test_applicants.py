"""An applicant, who waits to be verified as a physician, prepares drafts but makes no statement and cannot sign."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import actions as accounts
from accounts.rules import MayNotSign
from certification import actions, rules
from certification.models import Draft, Patient
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def application():
    return factories.application()


@shared
def client(application):
    return factories.client_for(application.user)


def prepared(application):
    """A draft in which only the statement and the signature are missing."""
    draft = actions.start_draft(physician=None, questions=factories.questions(), by=application.user)
    answers = {"profile": factories.profile(), "condition": factories.condition(), "caregiver": None}
    for step, given in answers.items():
        draft = actions.save_step(draft=draft, step=step, answers=given, by=application.user)
    return draft


def page(draft, step):
    return reverse(f"certification:certification-{step}", args=[draft.uuid])


def verified(application):
    factories.looked_up(application, by=factories.staff("Registrar"))
    return accounts.verify_application(application=application, by=factories.staff("Manager"))


# --- Preparing ------------------------------------------------------------------------------------------------------


def test_start_draft_of_an_applicant_is_in_the_applicants_own_hands(application):
    draft = prepared(application)
    assert (draft.physician, draft.applicant, draft.prepared_at is not None) == (None, application.user, True)


def test_an_applicant_begins_on_the_page_and_goes_through_the_steps(client, application):
    response = client.post(reverse("certification:certification-add"), forms.profile(), follow=True)
    draft = Draft.objects.get()
    assert (draft.applicant, response.status_code) == (application.user, 200)
    assert response.redirect_chain[-1][0] == page(draft, "condition")


def test_the_status_page_leads_an_applicant_to_the_list_of_patients(client):
    assert reverse("certification:patient-list") in client.get(reverse("accounts:physician-apply")).content.decode()
    assert "sign once you are verified" in client.get(reverse("certification:patient-list")).content.decode()


@pytest.mark.parametrize("step", ["sign", "take-over"])
def test_an_applicant_reads_that_the_signature_has_to_wait(client, application, step):
    for response in (client.get(page(prepared(application), step)), client.post(page(prepared(application), step))):
        assert response.status_code == 403
        assert "once your application is verified" in response.content.decode()


@pytest.mark.parametrize("step", ["profile", "condition", "caregiver", "discard"])
def test_an_applicant_opens_what_can_be_prepared(client, application, step):
    assert client.get(page(prepared(application), step)).status_code == 200


def test_the_last_step_of_an_applicant_says_what_it_waits_for(client, application):
    response = client.post(page(prepared(application), "caregiver"), {"none": ""}, follow=True)
    assert "you can sign it once your application is verified" in response.content.decode()


def test_an_applicant_who_is_a_delegate_too_says_for_whom(application):
    physician = factories.identified_physician()
    delegate = factories.delegate(physician)
    factories.application(delegate)
    response = factories.client_for(delegate).get(reverse("certification:certification-add"))
    text = response.content.decode()
    assert ("Myself, once I am verified" in text, physician.name in text) == (True, True)


def test_possible_duplicates_of_an_applicant_are_none(application):
    of_another = factories.certification().patient
    profile = factories.profile(birth_date=of_another.birth_date)
    assert rules.possible_duplicates(profile, physician=application) == []


def test_check_not_own_patient_holds_for_an_applicant(application):
    own = factories.profile(first_name=application.first_name, last_name=application.last_name)
    with pytest.raises(rules.OwnPatientError):
        rules.check_not_own_patient(application, own)


# --- Not signing ----------------------------------------------------------------------------------------------------


def test_signer_of_an_applicants_draft_is_nobody_yet(application):
    with pytest.raises(MayNotSign, match="once your application is verified"):
        rules.signer_of(prepared(application))


def test_an_applicant_neither_attests_nor_signs(application):
    draft = prepared(application)
    with pytest.raises(MayNotSign):
        actions.save_step(draft=draft, step="statement", answers=factories.statement(), by=application.user)
    with pytest.raises(MayNotSign):
        actions.sign_draft(
            draft=draft,
            answers={"statement": factories.statement()},
            signature_name=application.name,
            by=application.user,
        )
    assert not Patient.objects.exists()


@pytest.mark.parametrize("has_both", [True, False])
def test_a_draft_has_a_physician_or_an_applicant(application, has_both):
    draft, change = prepared(application), {"physician": factories.physician()} if has_both else {"applicant": None}
    with pytest.raises(IntegrityError, match="draft_of_physician_or_applicant"), unguarded(), transaction.atomic():
        Draft.objects.filter(pk=draft.pk).update(**change)


# --- The Registrar decides ------------------------------------------------------------------------------------------


def test_hand_over_drafts_lets_the_new_physician_sign_them(application):
    draft = prepared(application)
    physician = verified(application)
    draft.refresh_from_db()
    assert (draft.physician, draft.applicant) == (physician, None)
    signed = actions.sign_draft(
        draft=draft,
        answers={"statement": {"explained_to": "", **factories.statement()}},
        signature_name=physician.name,
        by=application.user,
    )
    assert signed.status == "active"


def test_hand_over_drafts_leaves_those_of_others(application):
    other = factories.application()
    draft = prepared(other)
    verified(application)
    draft.refresh_from_db()
    assert (draft.physician, draft.applicant) == (None, other.user)


def test_a_refused_applicant_opens_nothing_until_the_next_application(client, application):
    draft = prepared(application)
    accounts.refuse_application(application=application, reason="Not found.", by=factories.staff("Registrar"))
    assert client.get(page(draft, "profile")).status_code == 404
    factories.application(application.user)
    assert client.get(page(draft, "profile")).status_code == 200


def test_nobody_else_opens_what_an_applicant_prepares(application):
    draft = prepared(application)
    other = factories.application().user
    physician = factories.identified_physician()
    for account in (other, physician.user, factories.delegate(physician), factories.staff("Registrar")):
        assert factories.client_for(account).get(page(draft, "profile")).status_code == 404
