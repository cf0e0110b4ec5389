"""How a physician gets in: by application, again after she has renewed, and how she gets a stranger out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import Physician, PhysicianApplication, Proof, User
from accounts.rules import eligibility
from certification.actions import save_step, start_draft
from tests import factories
from tests.journeys.visitor import link_in_mail_to, mails_to

pytestmark = pytest.mark.journey

EMAIL = "tova.tal@example.org"


def test_a_physician_gets_in_by_application(visitor):
    she, registrar, manager = visitor(), visitor(), visitor()
    given_a_registrar_and_a_manager()
    claims = when_she_applies(she)
    then_she_sees_the_status_and_may_prepare(she)
    given_she_prepared_a_patient()
    when_the_registrar_looks_everything_up(registrar)
    when_the_registrar_has_called_back(registrar)
    then_the_registrar_cannot_verify_alone(registrar)
    when_the_manager_verifies(manager)
    then_she_is_told_and_meets_the_five_requirements(she, claims)
    she.met_no_barrier()


def given_a_registrar_and_a_manager():
    factories.user("registrar@example.org", is_staff=True, groups=["Registrar"])
    factories.user("manager@example.org", is_staff=True, groups=["Manager"])


def when_she_applies(she):
    claims = factories.claims()
    she.makes_an_account(EMAIL)
    she.signs_in(EMAIL)
    she.follows("I am a Physician")
    she.follows("Apply as a physician")
    she.submits()
    she.sees("Check what you entered")
    she.fills(**claims)
    she.ticks("has_monitoring_access")
    she.submits()
    return claims


def then_she_sees_the_status_and_may_prepare(she):
    she.sees("We are looking up your registrations")
    she.follows("Prepare patients")
    she.sees("sign once you are verified")
    she.follows("Add new patient")
    she.sees("Confirm before you begin")


def given_she_prepared_a_patient():
    she = User.objects.get(email=EMAIL)
    draft = start_draft(physician=None, questions=factories.questions(), by=she)
    for step in ("profile", "condition"):
        save_step(draft=draft, step=step, answers=getattr(factories, step)(), by=she)
    save_step(draft=draft, step="caregiver", answers=None, by=she)


def when_the_registrar_looks_everything_up(registrar):
    registrar.signs_in("registrar@example.org")
    application = PhysicianApplication.objects.get()
    until = timezone.localdate() + timedelta(days=300)
    registrar.page.goto(link_in_mail_to("registrar@example.org", "/admin/accounts/physicianapplication/"))
    registrar.sees("CSP.0012345")
    for proof in application.proofs.exclude(kind="prescription_monitoring"):
        registrar.page.get_by_role("link", name="Enter what I looked up").click()
        registrar.selects("kind", proof.kind)
        registrar.fills(number=proof.number, valid_through=until.isoformat(), source="eLicense")
        and_confirms(registrar, "Enter what I looked up: done.")


def when_the_registrar_has_called_back(registrar):
    registrar.page.get_by_role("link", name="Enter the call back").click()
    registrar.sees("Ask for Tova Tal")
    registrar.fills(called_number="(203) 555-0177", number_source="NPI registry")
    registrar.page.get_by_label("The physician came to the phone").check()
    and_confirms(registrar, "Enter the call back: done.")


def then_the_registrar_cannot_verify_alone(registrar):
    registrar.page.get_by_role("link", name="Verify").click()
    and_confirms(registrar, "Ask another Registrar or a Manager to verify it.")


def and_confirms(staff, text):
    staff.page.locator(".submit-row input[type=submit]").click()
    staff.page.get_by_text(text).first.wait_for()


def when_the_manager_verifies(manager):
    manager.signs_in("manager@example.org")
    manager.page.goto("/admin/accounts/physicianapplication/")
    manager.page.get_by_role("link", name="Tova Tal").click()
    manager.page.get_by_role("link", name="Verify").click()
    and_confirms(manager, "Verify: done.")


def then_she_is_told_and_meets_the_five_requirements(she, claims):
    assert mails_to(EMAIL)[-1].subject == "Your application was verified"
    she.opens("/accounts/role/")
    she.fills(dea_number=claims["dea_number"], ssn_last_four=claims["ssn_last_four"])
    she.submits()
    she.opens("/accounts/physician/")
    assert she.page.get_by_text("Met", exact=True).count() == 5
    she.follows("My patients")
    she.sees("To sign (1)")
    assert all(one.met for one in eligibility(Physician.objects.get(), timezone.localdate()))


def test_a_physician_closes_an_account_that_is_not_hers(visitor):
    stranger, she = visitor(), visitor()
    physician = factories.physician(first_name="Amara", last_name="Osei", email="amara@example.org")
    stranger.makes_an_account("stranger@example.org")
    stranger.signs_in("stranger@example.org")
    stranger.follows("I am a Physician")
    stranger.identifies(physician)

    she.opens(link_in_mail_to("amara@example.org", "/accounts/not-me/"))
    she.presses("This was not me: close that account")

    she.sees("That account is closed")
    physician.refresh_from_db()
    assert (physician.status, physician.user) == (Physician.Status.SUSPENDED, None)
    assert stranger.page.goto("/certification/").status == 404
    she.met_no_barrier()


def test_a_physician_who_has_renewed_is_in_again(visitor):
    she, today = visitor(), timezone.localdate()
    ended = {"number": "CSP.0012345", "expires_date": today}
    physician = factories.physician(email=EMAIL, registrations_over={"controlled_substance": ended})
    she.makes_an_account(EMAIL)
    she.signs_in(EMAIL)
    she.follows("I am a Physician")
    she.identifies(physician)
    she.sees("You cannot certify yet")

    she.follows("I have renewed")
    she.fills_date("valid_through", 2, 28, today.year + 2)
    she.submits()
    she.sees("It counts once we have looked it up.")
    actions.verify_proof(proof=Proof.objects.get(), source="eLicense lookup", by=factories.staff("Registrar"))
    she.opens("/accounts/physician/")

    she.sees("You can certify patients.")
    she.sees("eLicense lookup")
    she.met_no_barrier()
