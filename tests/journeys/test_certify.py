"""A physician certifies a patient."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification, Draft
from certification.rules import expires_date_for
from certification.statements import ATTESTATIONS, QUESTIONS
from tests import factories
from tests.journeys.visitor import link_in_mail_to, mails_to

pytestmark = pytest.mark.journey


def test_a_physician_certifies_a_patient_by_herself(visitor):
    she = visitor()
    physician = given_a_physician_on_the_roster()
    when_she_makes_an_account_and_identifies(she, physician)
    then_she_sees_that_she_meets_the_five_requirements(she)
    when_she_adds_a_patient(she)
    when_she_signs(she, physician)
    then_the_patient_is_certified_for_a_year(she)
    she.met_no_barrier()


def given_a_physician_on_the_roster():
    return factories.physician(first_name="Amara", last_name="Osei")


def when_she_makes_an_account_and_identifies(she, physician):
    she.makes_an_account(physician.email)
    she.signs_in(physician.email)
    she.follows("I am a Physician")
    she.identifies(physician)


def then_she_sees_that_she_meets_the_five_requirements(she):
    she.opens("/accounts/physician/")
    assert she.page.get_by_text("Met", exact=True).count() == 5


def when_she_adds_a_patient(she):
    she.opens("/certification/")
    she.follows("Add new patient")
    she.ticks(*QUESTIONS)
    she.submits()
    she.fills(first_name="Rosa", last_name="Delgado", street="40 Orange Street", city="New Haven", zip_code="06510")
    she.fills_date("birth_date", 4, 28, 1980)
    she.fills(phone="(203) 555-0142", email="rosa@example.org")
    she.presses("Save and continue")
    today = timezone.localdate()
    she.page.get_by_label("Search this list").fill("CÁNC")
    she.sees("1 of 40 shown")
    she.page.keyboard.press("ArrowDown")
    she.page.keyboard.press("Space")
    for name in ("exam_date", "monitoring_reviewed_date"):
        she.fills_date(name, today.month, today.day, today.year)
    she.presses("Save and continue")
    she.ticks(*ATTESTATIONS)
    she.fills(monthly_allotment_oz="3.5")
    she.presses("Save and continue")


def when_she_signs(she, physician):
    draft = Draft.objects.get()
    she.opens(f"/certification/{draft.uuid}/review/")
    she.confirms_with_password()
    she.fills(signature_name=physician.name)
    she.submits()


def then_the_patient_is_certified_for_a_year(she):
    she.sees("Your patient is now certified")
    certification = Certification.objects.get()
    last_day = expires_date_for(timezone.localdate()) - timedelta(days=1)
    she.sees(certification.number)
    she.sees(f"{last_day:%B} {last_day.day}, {last_day.year}")
    assert certification.status == Certification.Status.ACTIVE
    assert re.search("/invitation/", link_in_mail_to("rosa@example.org", "/invitation/"))
    assert not any(re.search("marijuana|cancer", mail.subject, re.I) for mail in mails_to("rosa@example.org"))
