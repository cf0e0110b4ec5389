"""A physician sets up a passkey, signs in with it and signs a certification with it, without typing a code."""

import pytest

from certification.models import Certification
from certification.statements import ATTESTATIONS
from tests import factories

pytestmark = pytest.mark.journey


def test_a_physician_signs_with_a_passkey(visitor, settings):
    settings.REQUIRE_MFA = True
    physician = visitor()
    given_a_security_key(physician)
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    draft = factories.draft(amara)

    physician.signs_in(amara.user.email)
    when_the_physician_adds_it_and_stores_the_codes(physician)
    physician.page.context.clear_cookies()
    when_the_physician_signs_in_with_it(physician, amara)
    when_the_physician_signs_with_it(physician, amara, draft)

    assert Certification.objects.get().status == Certification.Status.ACTIVE
    physician.met_no_barrier()


def given_a_security_key(physician):
    """Add Chromium's virtual security key, which always confirms."""
    devtools = physician.page.context.new_cdp_session(physician.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def when_the_physician_adds_it_and_stores_the_codes(physician):
    physician.sees("Set up your authenticator app")
    physician.follows("Use a passkey instead")
    physician.fills(name="Blue security key")
    uses(physician, "Add the passkey")
    physician.sees("Recovery codes")
    physician.opens("/certification/")
    physician.sees("One more way to sign in")
    physician.follows("Show my recovery codes")
    physician.presses("I have kept them: continue")


def when_the_physician_signs_in_with_it(physician, amara):
    physician.signs_in(amara.user.email)
    physician.sees("Or type a code")
    uses(physician, "Use a passkey")
    physician.identifies(amara)


def when_the_physician_signs_with_it(physician, amara, draft):
    physician.opens(f"/certification/{draft.uuid}/sign/")
    physician.ticks(*ATTESTATIONS)
    physician.fills(signature_name=amara.name)
    physician.presses("Use a passkey or a code instead")
    physician.follows("Use a passkey")
    uses(physician, "Use a passkey")
    physician.presses("Sign and certify")
    physician.sees("Your patient is now certified")


def uses(physician, name):
    """Press a passkey button: the browser asks the key, and then posts its answer."""
    with physician.page.expect_navigation():
        physician.page.get_by_role("button", name=name, exact=True).click()
    physician.looks()
