"""Somebody signs in with her account with the state, over HTTP from the button to her first page."""

import pytest

from accounts.models import User
from tests.sign_on import switch_on

pytestmark = pytest.mark.journey


def test_signing_in_with_the_state(visitor, provider, settings):
    given_a_sign_on_that_is_switched_on(settings, provider)
    provider.knows("rosa", email="rosa@example.org", email_verified=True)
    she = visitor()

    she.opens("/accounts/login/")
    she.page.get_by_role("button", name="Sign in with State ID").click()
    when_she_signs_in_there(she, "rosa")

    she.looks()
    she.sees("I am a Physician")
    assert User.objects.get().email == "rosa@example.org"
    she.met_no_barrier()


def given_a_sign_on_that_is_switched_on(settings, provider):
    """The policy names the provider, as settings.py has it: browsers hold a form's redirects to it."""
    switch_on(settings, provider.url)
    policy = settings.CONTENT_SECURITY_POLICY
    directives = {**policy["DIRECTIVES"], "form-action": ["'self'", provider.url]}
    settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": directives}


def when_she_signs_in_there(she, subject):
    """Its page is not ours to judge."""
    she.page.wait_for_url("**/oauth2/authorize?*")
    she.errors.clear()
    she.page.fill("[name=sub]", subject)
    she.page.get_by_role("button", name="Authorize").click()
    she.page.wait_for_url("**/accounts/role/")
    she.errors = [error for error in she.errors if she.page.url in error]
