"""A physician finds another condition in the middle of the year, signs the change, and reads it in the record."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.journey


def test_a_physician_amends_the_condition_and_the_record_shows_old_and_new(visitor):
    certification = given_a_patient_certified_for_cancer()
    physician, patient = visitor(), visitor(viewport={"width": 390, "height": 844})
    physician.signs_in(certification.physician.user.email)
    physician.identifies(certification.physician)
    when_the_physician_signs_another_condition(physician, certification)
    then_the_record_shows_old_and_new(physician)
    patient.signs_in(certification.patient.email)
    patient.opens(f"/certification/{certification.uuid}/certificate/")
    patient.sees("Glaucoma")
    for person in (physician, patient):
        person.met_no_barrier()


def given_a_patient_certified_for_cancer():
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    return factories.certification(amara, on=timezone.localdate() - timedelta(days=40))


def when_the_physician_signs_another_condition(physician, certification):
    physician.opens(f"/certification/{certification.uuid}/confirmation/")
    physician.sees("Nothing was changed since it was signed.")
    physician.follows("Change condition or directions")
    physician.confirms_with_password()
    for code in ("cancer", "glaucoma"):  # takes the first tick away and sets the other
        physician.chooses("condition_codes", code)
    physician.fills(directions="Two drops in the evening.", reason="Found by the eye clinic.")
    physician.fills(signature_name=certification.physician.name)
    physician.submits()


def then_the_record_shows_old_and_new(physician):
    physician.sees("Changed, and the patient is told.")
    row = physician.page.get_by_role("row").filter(has_text="Found by the eye clinic.").filter(has_text="Condition")
    assert "Cancer" in row.inner_text() and "Glaucoma" in row.inner_text() and "You" in row.inner_text()
    physician.sees("Two drops in the evening.")
