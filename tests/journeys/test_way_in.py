"""A physician is verified by application, certifies again after a renewal, and closes a stranger's account."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import Physician, Proof, User
from accounts.rules import eligibility
from certification.actions import save_step, start_draft
from tests import factories
from tests.journeys.visitor import link_in_mail_to, mails_to

pytestmark = pytest.mark.journey

EMAIL = "tova.tal@example.org"


def test_a_physician_is_verified_by_application(visitor):
    physician, registrar, manager = visitor(), visitor(), visitor()
    given_a_registrar_and_a_manager()
    claims = when_the_physician_applies(physician)
    then_the_physician_sees_the_status_and_may_prepare(physician)
    given_a_patient_prepared_by_the_applicant()
    when_the_registrar_looks_everything_up(registrar)
    when_the_registrar_has_called_back(registrar)
    then_the_registrar_cannot_verify_alone(registrar)
    when_the_manager_verifies(manager)
    then_the_physician_gets_a_mail_and_meets_the_five_requirements(physician, claims)
    physician.met_no_barrier()


def given_a_registrar_and_a_manager():
    factories.user("registrar@example.org", is_staff=True, groups=["Registrar"])
    factories.user("manager@example.org", is_staff=True, groups=["Manager"])


def when_the_physician_applies(physician):
    claims = factories.claims()
    physician.makes_an_account(EMAIL)
    physician.signs_in(EMAIL)
    physician.follows("I am a Physician")
    physician.follows("Apply as a physician")
    physician.submits()
    physician.sees("Check what you entered")
    physician.fills(**claims)
    physician.ticks("has_monitoring_access")
    physician.submits()
    return claims


def then_the_physician_sees_the_status_and_may_prepare(physician):
    physician.sees("We are looking up your registrations")
    physician.follows("Prepare patients")
    physician.sees("sign once you are verified")
    physician.follows("Add new patient")
    physician.sees("Confirm before you register the patient")


def given_a_patient_prepared_by_the_applicant():
    applicant = User.objects.get(email=EMAIL)
    draft = start_draft(physician=None, questions=factories.questions(), by=applicant)
    for step in ("profile", "condition"):
        save_step(draft=draft, step=step, answers=getattr(factories, step)(), by=applicant)
    save_step(draft=draft, step="caregiver", answers=None, by=applicant)


def when_the_registrar_looks_everything_up(registrar):
    registrar.signs_in("registrar@example.org")
    registrar.opens(link_in_mail_to("registrar@example.org", "/admin/accounts/physicianapplication/"))
    registrar.sees("CSP.0012345")
    until = timezone.localdate() + timedelta(days=300)
    for kind in ("medical_license", "controlled_substance", "dea"):
        registrar.ticks(f"{kind}_matches")
        registrar.fills(**{f"{kind}_valid_through": until.isoformat()})
    registrar.presses("Save what I looked up")
    registrar.sees("Still missing before anybody can verify: the call back.")


def when_the_registrar_has_called_back(registrar):
    registrar.sees("Ask for Tova Tal")
    registrar.fills(called_number="(203) 555-0177", number_source="NPI registry")
    registrar.presses("Save what I looked up")
    registrar.sees("Tick this once the physician has said so.")
    registrar.ticks("is_confirmed")
    registrar.presses("Save what I looked up")


def then_the_registrar_cannot_verify_alone(registrar):
    registrar.sees("Ask another Registrar or a Manager to verify it.")
    assert registrar.page.get_by_role("button", name="Verify").count() == 0


def when_the_manager_verifies(manager):
    manager.signs_in("manager@example.org")
    manager.opens("/admin/accounts/physicianapplication/")
    manager.follows("Tova Tal")
    manager.sees("valid through")
    manager.presses("Verify")
    manager.sees("Verify: done.")


def then_the_physician_gets_a_mail_and_meets_the_five_requirements(physician, claims):
    assert mails_to(EMAIL)[-1].subject == "Your application was verified"
    physician.opens("/accounts/role/")
    physician.fills(dea_number=claims["dea_number"], ssn_last_four=claims["ssn_last_four"])
    physician.submits()
    physician.opens("/accounts/physician/")
    assert physician.page.get_by_text("Met", exact=True).count() == 5
    physician.follows("Start")
    physician.sees("1 draft to sign")
    physician.follows("My patients")
    physician.sees("To sign (1)")
    assert all(requirement.met for requirement in eligibility(Physician.objects.get(), timezone.localdate()))


def test_a_physician_closes_an_account_of_a_stranger(visitor):
    stranger, physician = visitor(), visitor()
    amara = factories.physician(first_name="Amara", last_name="Osei", email="amara@example.org")
    stranger.makes_an_account("stranger@example.org")
    stranger.signs_in("stranger@example.org")
    stranger.follows("I am a Physician")
    stranger.identifies(amara)

    physician.opens(link_in_mail_to("amara@example.org", "/accounts/not-me/"))
    physician.presses("This was not me: close that account")

    physician.sees("That account is closed")
    amara.refresh_from_db()
    assert (amara.status, amara.user) == (Physician.Status.SUSPENDED, None)
    assert stranger.page.goto("/certification/").status == 404
    physician.met_no_barrier()


def test_a_physician_who_has_renewed_can_certify_again(visitor):
    physician, today = visitor(), timezone.localdate()
    ended = {"number": "CSP.0012345", "expires_date": today}
    amara = factories.physician(email=EMAIL, registrations_over={"controlled_substance": ended})
    physician.makes_an_account(EMAIL)
    physician.signs_in(EMAIL)
    physician.follows("I am a Physician")
    physician.identifies(amara)
    physician.sees("You cannot certify yet")

    physician.follows("I have renewed")
    physician.fills_date("valid_through", 2, 28, today.year + 2)
    physician.submits()
    physician.sees("It counts once we have looked it up.")
    actions.verify_proof(proof=Proof.objects.get(), source="eLicense lookup", by=factories.staff("Registrar"))
    physician.opens("/accounts/physician/")

    physician.sees("You can certify patients.")
    physician.sees("eLicense lookup")
    physician.met_no_barrier()
