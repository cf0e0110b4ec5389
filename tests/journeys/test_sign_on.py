"""A patient signs in with an account of the state, from the button to the first page."""

import pytest

from accounts.models import User
from tests.sign_on import switch_on

pytestmark = pytest.mark.journey


def test_signing_in_with_the_state(visitor, provider, settings):
    given_the_sign_on_is_turned_on(settings, provider)
    provider.knows("rosa", email="rosa@example.org", email_verified=True)
    patient = visitor()

    patient.opens("/accounts/login/")
    patient.page.get_by_role("button", name="Sign in with State ID").click()
    when_the_patient_signs_in_there(patient, "rosa")

    patient.looks()
    patient.sees("I am a Physician")
    assert User.objects.get().email == "rosa@example.org"
    patient.met_no_barrier()


def given_the_sign_on_is_turned_on(settings, provider):
    """Name the provider in the Content Security Policy too: browsers apply it to the redirects of a form."""
    switch_on(settings, provider.url)
    policy = settings.CONTENT_SECURITY_POLICY
    directives = {**policy["DIRECTIVES"], "form-action": ["'self'", provider.url]}
    settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": directives}


def when_the_patient_signs_in_there(patient, subject):
    """Sign in on the provider's page, whose errors do not count."""
    patient.page.wait_for_url("**/oauth2/authorize?*")
    patient.errors.clear()
    patient.page.fill("[name=sub]", subject)
    patient.page.get_by_role("button", name="Authorize").click()
    patient.page.wait_for_url("**/accounts/role/")
    patient.errors = [error for error in patient.errors if patient.page.url in error]
