"""A physician certifies a patient."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from certification.rules import expires_date_for
from certification.statements import ATTESTATIONS, QUESTIONS
from tests import factories
from tests.journeys.visitor import link_in_mail_to, mails_to

pytestmark = pytest.mark.journey


def test_a_physician_certifies_a_patient_without_help(visitor):
    physician = visitor()
    amara = given_a_physician_on_the_roster()
    when_the_physician_makes_an_account_and_identifies(physician, amara)
    then_the_physician_meets_the_five_requirements(physician)
    when_the_physician_adds_a_patient(physician)
    when_the_physician_signs(physician, amara)
    then_the_patient_is_certified_for_a_year(physician)
    physician.met_no_barrier()


def given_a_physician_on_the_roster():
    return factories.physician(first_name="Amara", last_name="Osei")


def when_the_physician_makes_an_account_and_identifies(physician, amara):
    physician.makes_an_account(amara.email)
    physician.signs_in(amara.email)
    physician.follows("I am a Physician")
    physician.identifies(amara)


def then_the_physician_meets_the_five_requirements(physician):
    physician.opens("/accounts/physician/")
    assert physician.page.get_by_text("Met", exact=True).count() == 5


def when_the_physician_adds_a_patient(physician):
    physician.opens("/certification/")
    physician.follows("Add new patient")
    physician.ticks(*QUESTIONS)
    physician.fills(
        first_name="Rosa", last_name="Delgado", street="40 Orange Street", city="New Haven", zip_code="06510"
    )
    physician.fills_date("birth_date", 4, 28, 1980)
    physician.fills(phone="(203) 555-0142", email="rosa@example.org")
    physician.presses("Save and continue")
    today = timezone.localdate()
    search = physician.page.get_by_label("Search this list")
    for typed, names in (("als", ["Amyotrophic"]), ("PTSD", ["Post-Traumatic"]), ("ibd", ["Crohn’s", "Ulcerative"])):
        search.fill(typed)
        physician.sees(f"{len(names)} of 40 shown")
        assert all(physician.page.get_by_text(name).first.is_visible() for name in names)
    search.fill("CÁNC")
    physician.sees("1 of 40 shown")
    physician.page.keyboard.press("ArrowDown")
    physician.page.keyboard.press("Space")
    for name in ("exam_date", "monitoring_reviewed_date"):
        physician.fills_date(name, today.month, today.day, today.year)
    physician.presses("Save and continue")


def when_the_physician_signs(physician, amara):
    physician.ticks(*ATTESTATIONS)
    physician.signs_as(amara.name)
    physician.presses("Sign and certify")


def then_the_patient_is_certified_for_a_year(physician):
    physician.sees("Your patient is now certified")
    certification = Certification.objects.get()
    last_day = expires_date_for(timezone.localdate()) - timedelta(days=1)
    physician.sees(certification.number)
    physician.sees(f"{last_day:%B} {last_day.day}, {last_day.year}")
    assert certification.status == Certification.Status.ACTIVE
    assert re.search("/invitation/", link_in_mail_to("rosa@example.org", "/invitation/"))
    assert not any(re.search("marijuana|cancer", mail.subject, re.I) for mail in mails_to("rosa@example.org"))
