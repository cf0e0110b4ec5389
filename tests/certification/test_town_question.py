"""Every door that takes a home asks about a town that does not fit its ZIP code, until a box is ticked."""

import pytest

from certification.models import Patient, PatientRequest
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db
OF_HARTFORD = {"city": "Hartford", "zip_code": "06510"}
BOX = b'name="confirmed_town"'
SENTENCE = b"This ZIP code is of another town."


@shared
def physician():
    return factories.identified_physician()


def asked_once(client, address, typed):
    """Send the form without and with the tick; return the second answer."""
    first = client.post(address, typed)
    assert first.status_code == 200 and BOX in first.content and SENTENCE in first.content
    assert b'value="Hartford"' in first.content and b'value="06510"' in first.content
    return client.post(address, {**typed, "confirmed_town": "on"})


def test_the_profile_of_a_patient_asks(physician):
    client, draft = factories.client_for(physician.user), factories.draft(physician)
    address = f"/certification/{draft.uuid}/profile/"
    assert BOX not in client.get(address).content
    assert asked_once(client, address, forms.profile(**OF_HARTFORD)).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["profile"]["city"] == "Hartford" and "confirmed_town" not in draft.answers["profile"]
    assert BOX not in client.get(address).content


def test_a_step_that_is_finished_later_does_not_ask(physician):
    client, draft = factories.client_for(physician.user), factories.draft(physician)
    typed = forms.profile(**OF_HARTFORD, later="1")
    assert client.post(f"/certification/{draft.uuid}/profile/", typed).status_code == 302


def test_the_caregiver_of_a_draft_asks(physician):
    client, draft = factories.client_for(physician.user), factories.draft(physician)
    address = f"/certification/{draft.uuid}/caregiver/"
    assert asked_once(client, address, forms.caregiver(**OF_HARTFORD)).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["caregiver"]["city"] == "Hartford" and "confirmed_town" not in draft.answers["caregiver"]


def test_a_change_of_contact_data_asks(physician):
    signed, client = factories.certification(physician), factories.client_for(physician.user)
    contact = {name: forms.profile()[name] for name in ("street", "unit", "phone", "email")}
    typed = {**contact, **OF_HARTFORD, "reason": "Moved."}
    assert asked_once(client, f"/certification/{signed.uuid}/contact/", typed).status_code == 302
    assert Patient.objects.get(pk=signed.patient_id).city == "Hartford"


def test_a_report_of_a_move_asks(physician):
    signed = factories.certification(physician)
    client = factories.client_for(signed.patient.user)
    typed = {"street": "9 Elm Street", "unit": "", **OF_HARTFORD}
    assert asked_once(client, f"/certification/{signed.uuid}/move/", typed).status_code == 302
    assert set(PatientRequest.objects.get().address) == {"street", "unit", "city", "zip_code"}


@pytest.mark.parametrize("city", ["New Haven", "new haven ", "Westville", "Mystic"])
def test_a_fitting_town_and_a_village_are_not_asked_about(physician, city):
    client, draft = factories.client_for(physician.user), factories.draft(physician)
    answer = client.post(f"/certification/{draft.uuid}/profile/", forms.profile(city=city))
    assert answer.status_code == 302
