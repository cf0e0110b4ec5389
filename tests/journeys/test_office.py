"""A delegate prepares certifications, and the physician signs them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Delegate
from certification import actions
from certification.models import Certification, Draft, Patient
from certification.statements import ATTESTATIONS, QUESTIONS
from tests import factories
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
DANA = "dana@example.org"
BUDGET = 3  # pages in addition to the statements


def test_a_morning_of_a_delegate(visitor):
    physician, dana = visitor(), visitor()
    amara, certification = given_a_physician_with_a_certification_that_ends_soon()
    when_the_physician_names_dana(physician, amara)
    when_dana_makes_an_account_as_the_mail_says(dana)
    when_dana_adds_a_patient(dana)
    when_dana_prepares_the_renewal(dana, certification)
    then_dana_cannot_sign(dana)
    then_two_wait_for_the_physician(physician)
    when_the_physician_ends_the_delegation(physician)
    then_dana_sees_nothing_now(dana)
    physician.met_no_barrier()
    dana.errors = [error for error in dana.errors if not re.search("403|404", error)]  # of the refused pages
    dana.met_no_barrier()


def test_five_prepared_certifications_are_signed_within_the_budget(visitor):
    physician = visitor()
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    given_five_prepared_certifications(amara)
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    pages = pages_from_now_on(physician)

    physician.opens("/certification/")
    physician.sees("To sign (5)")
    physician.follows("Start signing")
    statements = 0
    while physician.page.locator("[name=signature_name]").count():
        physician.ticks(*ATTESTATIONS)
        physician.signs_as(amara.name)
        physician.submits()
        statements += 1

    physician.sees("Signed: certification")
    assert statements == 5
    assert Certification.objects.active().count() == 5 and not Draft.objects.exists()
    assert len(pages) - statements <= BUDGET, pages
    physician.met_no_barrier()


def given_a_physician_with_a_certification_that_ends_soon():
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    signed = timezone.localdate() - timedelta(days=345)
    profile = factories.profile(first_name="Samuel", last_name="Ortiz")
    return amara, factories.certification(amara, on=signed, profile=profile)


def when_the_physician_names_dana(physician, amara):
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    physician.follows("My office")
    physician.fills(email=DANA)
    physician.presses("Name as delegate")
    physician.sees("Has not signed in yet")


def when_dana_makes_an_account_as_the_mail_says(dana):
    assert link_in_mail_to(DANA, "/accounts/signup/")
    dana.makes_an_account(DANA)
    dana.signs_in(DANA)
    dana.sees("What waits in your office")
    dana.follows("Patients")
    dana.sees("Samuel Ortiz")


def when_dana_adds_a_patient(dana):
    dana.opens("/certification/")
    dana.follows("Add new patient")
    dana.ticks(*QUESTIONS)
    dana.fills(first_name="Rosa", last_name="Delgado", street="40 Orange Street", city="New Haven", zip_code="06510")
    dana.fills_date("birth_date", 4, 28, 1980)
    dana.fills(phone="(203) 555-0142", email="rosa@example.org")
    dana.presses("Save and continue")
    enters_condition_and_exam(dana)
    dana.presses("Save and continue")
    dana.sees("Ready: Dr. Amara Osei finds it under “To sign”.")


def enters_condition_and_exam(somebody):
    today = timezone.localdate()
    if not somebody.page.locator("[name=condition_codes][value='cancer']").is_checked():  # last year's is ticked
        somebody.chooses("condition_codes", "cancer")
    for name in ("exam_date", "monitoring_reviewed_date"):
        somebody.fills_date(name, today.month, today.day, today.year)


def when_dana_prepares_the_renewal(dana, certification):
    dana.opens("/certification/?show=ending")
    dana.follows("Renew Samuel Ortiz")
    dana.sees("Prepare the renewal of Samuel Ortiz")
    dana.ticks("still_eligible")
    enters_condition_and_exam(dana)
    dana.presses("Save for the physician")
    assert Draft.objects.prepared().count() == 2
    certification.refresh_from_db()
    assert certification.status == "active"


def then_dana_cannot_sign(dana):
    draft = Draft.objects.get(renews=None)
    for step in ("sign", "take-over"):
        dana.opens(f"/certification/{draft.uuid}/{step}/")
        dana.sees("The physician does this")
    assert Patient.objects.count() == 1


def then_two_wait_for_the_physician(physician):
    physician.opens("/certification/")
    physician.sees("To sign (2)")


def when_the_physician_ends_the_delegation(physician):
    physician.follows("My office")
    physician.presses(f"End today {DANA}")
    physician.sees("Ended. From now on this person sees nothing of your patients.")
    assert Delegate.objects.get().ended_date == timezone.localdate()


def then_dana_sees_nothing_now(dana):
    dana.opens("/certification/")
    dana.sees("not")
    assert "Samuel" not in dana.page.content()


def given_five_prepared_certifications(amara):
    """Prepare three new certifications and two renewals."""
    delegate = factories.delegate(amara)
    signed = timezone.localdate() - timedelta(days=345)
    for number in range(3):
        draft = factories.draft(amara, statement=None, profile=factories.profile(first_name=f"New{'abc'[number]}"))
        actions.save_step(draft=draft, step="caregiver", answers=None, by=delegate)
    for _ in range(2):
        old = factories.certification(amara, on=signed, joined=False)
        actions.prepare_renewal(
            draft=Draft.objects.renewing(old),
            questions=factories.questions(),
            condition=factories.condition(),
            by=delegate,
        )


def pages_from_now_on(somebody):
    """Return a list that grows by the address of each page that is shown, without redirects."""
    pages = []
    somebody.page.on("load", lambda page: pages.append(page.url))
    return pages
