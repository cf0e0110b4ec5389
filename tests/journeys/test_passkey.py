"""A physician sets up a passkey, signs in with it, and signs with it: no code is typed."""

import pytest

from certification.models import Certification
from tests import factories

pytestmark = pytest.mark.journey


def test_a_physician_signs_with_her_passkey(visitor, settings):
    settings.REQUIRE_MFA = True
    she = visitor()
    given_a_security_key(she)
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    draft = factories.draft(physician)

    she.signs_in(physician.user.email)
    when_she_adds_it_and_keeps_her_codes(she)
    she.page.context.clear_cookies()
    when_she_signs_in_with_it(she, physician)
    when_she_signs_with_it(she, physician, draft)

    assert Certification.objects.get().status == Certification.Status.ACTIVE
    she.met_no_barrier()


def given_a_security_key(she):
    """Chromium's virtual one, which always says yes."""
    devtools = she.page.context.new_cdp_session(she.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def when_she_adds_it_and_keeps_her_codes(she):
    she.sees("Set up your authenticator app")
    she.follows("Use a passkey instead")
    she.fills(name="Blue security key")
    uses(she, "Add the passkey")
    she.sees("Recovery codes")
    she.opens("/certification/")
    she.sees("One more way to sign in")
    she.follows("Show my recovery codes")
    she.presses("I have kept them: continue")


def when_she_signs_in_with_it(she, physician):
    she.signs_in(physician.user.email)
    she.sees("Or type a code")
    uses(she, "Use a passkey")
    she.identifies(physician)


def when_she_signs_with_it(she, physician, draft):
    she.opens(f"/certification/{draft.uuid}/review/")
    she.follows("Use a passkey")
    uses(she, "Use a passkey")
    she.fills(signature_name=physician.name)
    she.submits()
    she.sees("Your patient is now certified")


def uses(she, name):
    """The browser asks the key first, and then posts what it answered."""
    with she.page.expect_navigation():
        she.page.get_by_role("button", name=name, exact=True).click()
    she.looks()
