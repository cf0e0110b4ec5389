"""What certifying and renewing may take at most: pages, clicks and height."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from certification.statements import ATTESTATIONS, QUESTIONS
from tests import factories
from tests.journeys.counting import Counted

pytestmark = pytest.mark.journey
WIDE = {"width": 1200, "height": 900}


@pytest.fixture
def amara(transactional_db):
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@pytest.fixture
def physician(visitor, amara):
    """The physician at the list of patients, signed in, who has not proved who they are for a signature yet."""
    factories.certification(
        amara,
        on=timezone.localdate() - timedelta(days=345),
        joined=False,
        profile=factories.profile(first_name="Samuel", last_name="Ortiz"),
    )
    person = visitor(viewport=WIDE)
    person.signs_in(amara.user.email)
    person.identifies(amara)
    person.opens("/certification/")
    return Counted(person)


def test_a_new_patient_takes_at_most_6_pages_and_14_clicks(physician, amara):
    physician.follows("Add new patient")
    physician.ticks(*QUESTIONS)
    physician.fills(
        first_name="Rosa", last_name="Delgado", street="40 Orange Street", city="New Haven", zip_code="06510"
    )
    physician.fills_date("birth_date", 4, 28, 1980)
    physician.fills(phone="(203) 555-0142", email="rosa@example.org")
    physician.presses("Save and continue")
    physician.chooses("condition_codes", "cancer")
    enters_both_dates(physician)
    physician.presses("Save and continue")
    physician.ticks(*ATTESTATIONS)
    physician.signs_as(amara.name)
    physician.presses("Sign and certify")
    physician.sees("Your patient is now certified")
    assert (physician.pages, physician.clicks) == (4, 14)
    physician.met_no_barrier()


def test_a_renewal_takes_at_most_2_pages_10_clicks_and_2000_pixels(physician, amara):
    physician.follows("Renew Samuel Ortiz")
    assert physician.height() <= 2000
    physician.ticks("still_eligible")
    enters_both_dates(physician)
    physician.ticks(*ATTESTATIONS)
    physician.signs_as(amara.name)
    physician.presses("Sign and renew")
    physician.sees("Certification")
    assert Certification.objects.active().get().renewal_of_id
    assert (physician.pages, physician.clicks) == (2, 9)
    physician.met_no_barrier()


def enters_both_dates(physician):
    today = timezone.localdate()
    for name in ("exam_date", "monitoring_reviewed_date"):
        physician.fills_date(name, today.month, today.day, today.year)
