"""Text with separate accents, invisible characters and spare blanks is stored tidied, whichever door it comes by.

Rosters and delivery notes have tests of their own, searches too.
"""

import pytest
from django.core.management import call_command

from accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db
TYPED, STORED = " Nu\u0301n\u0303ez\u200b  Paz ", "N\u00fa\u00f1ez Paz"


def test_names_by_an_action_are_tidied():
    made = [factories.physician(last_name=TYPED), factories.application(last_name=TYPED)]
    certification = factories.certification(
        profile=factories.profile(last_name=TYPED, city="New\u00a0Haven"),
        caregiver=factories.caregiver(last_name=TYPED),
    )
    patient = certification.patient
    made += [patient, patient.current_assignment.caregiver]

    assert [one.last_name for one in made] == [STORED] * 4
    assert (patient.city, patient.search_name.startswith("nunez paz")) == ("New Haven", True)


def test_the_name_of_staff_by_the_command_is_tidied():
    call_command("save_staff", " dana@example.org\u200b", TYPED, "--group", "Manager")

    assert User.objects.get(email="dana@example.org").first_name == STORED
