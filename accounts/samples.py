"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.account_mails import KINDS, WORDS
from accounts.models import Delegate, MFAReset, Physician, PhysicianApplication, Proof, Registration
from notifications import kinds

ROSA, ELENA, OFFICE = "rosa.delgado@example.org", "elena.delgado@example.org", "office@example.org"
AT = datetime(2027, 3, 1, 15, 4, tzinfo=UTC)
ACCOUNT, PHYSICIAN, DELEGATE = "The owner of an account", "The physician", "The delegate who was named"
REGISTRARS, STAFF = "Every Registrar", "Every Registrar and Manager"
APPLICANT = "The applicant"
CAUSES = {
    "account_email_confirmation": "An address was added to an account.",
    "account_email_confirmation_signup": "An account was made.",
    "account_password_reset_key": "Somebody asked for a new password.",
    "account_unknown_account": "Somebody asked for a new password for an address without an account.",
    "account_already_exists": "Somebody signed up with an address that has an account.",
    "account_email_changed": "The address of an account was changed.",
    "account_email_deleted": "An address was removed from an account.",
    "account_password_changed": "The password was changed.",
    "account_password_reset": "The password was set by a link.",
    "account_password_set": "A password was set for an account without one.",
    "account_recovery_codes_generated": "New recovery codes were made.",
    "account_totp_activated": "An authenticator app was added.",
    "account_totp_deactivated": "The authenticator app was removed.",
    "account_webauthn_added": "A passkey was added.",
    "account_webauthn_removed": "A passkey was removed.",
    "account_connected": "A sign-on of an office was connected.",
    "account_disconnected": "A sign-on of an office was disconnected.",
}


def link(name: str) -> str:
    """Return a link that looks like a one-time link and opens nothing."""
    return settings.SITE_URL + reverse(name, args=["made-up-link"])


def physician() -> Physician:
    """Return a physician who is in no database."""
    return Physician(
        pk=1,
        first_name="Amara",
        last_name="Osei",
        email=OFFICE,
        phone="+12035550188",
        practice_name="Elm Street Medicine",
        left_date=date(2027, 4, 1),
    )


def _page(of: str) -> dict[str, Any]:
    return {"admin_url": f"{settings.SITE_URL}/admin/accounts/{of}/1/change/"}


def _with_physician(**words: Any) -> dict[str, Any]:
    return {"physician": physician(), **words}


def _delegate(has_account: bool) -> dict[str, Any]:
    named = Delegate(pk=1, physician=physician(), email="front.desk@example.org", started_date=AT.date())
    return {"delegate": named, "physician": named.physician, "has_account": has_account}


def _ending() -> dict[str, Any]:
    kind = Registration.Kind
    found = [(kind.CONTROLLED_SUBSTANCE.label, date(2027, 2, 28)), (kind.DEA.label, date(2027, 3, 31))]
    return _with_physician(registrations=found)


def _rechecked(total: int) -> dict[str, Any]:
    ended = [(Registration.Kind.DEA.label, total)] if total else []
    return {"day": AT.date(), "ended": ended, "total": total, "roster_read_on": None if total else date(2027, 2, 12)}


def _proof(is_verified: bool) -> dict[str, Any]:
    proof = Proof(kind=Registration.Kind.DEA, reason="The number is that of another practice.")
    return _with_physician(proof=proof, is_verified=is_verified)


def _application(is_verified: bool) -> dict[str, Any]:
    made = PhysicianApplication(pk=1, first_name="Tova", last_name="Tal", reason="The license has ended.")
    return {"application": made, "is_verified": is_verified, "reason": made.reason}


def _reset() -> dict[str, Any]:
    return {"reset": MFAReset(pk=1, due_at=AT), "secret": link("accounts:reset-link")}


def _of_allauth(prefix: str) -> dict[str, Any]:
    known = {
        "timestamp": AT,
        "ip": "192.0.2.7",
        "user_agent": "Firefox on Windows",
        "from_email": ROSA,
        "to_email": ELENA,
        "deleted_email": ELENA,
        "activate_url": link("account_confirm_email"),
        "password_reset_url": f"{settings.SITE_URL}/accounts/password/reset/key/1-made-up-link/",
        "signup_url": settings.SITE_URL + reverse("account_signup"),
    }
    return {"email": ROSA, **{name: known[name] for name in WORDS[prefix]}}


def _one(words: Callable[[], dict[str, Any]]) -> kinds.Samples:
    return lambda: {"": words()}


def register_samples() -> None:
    """Tell the list of kinds who gets each kind of message and when, with samples."""
    to_staff = partial(kinds.describe, is_in_english=True)
    to_physician = partial(kinds.describe, readers=PHYSICIAN, is_in_english=True)
    to_account = partial(kinds.describe, readers=ACCOUNT)
    to_physician(
        "physician_bound",
        when="An account was linked to the physician’s record.",
        samples=_one(lambda: _with_physician(secret=link("accounts:not-me-link"))),
    )
    to_physician("leave_recorded", when="The day of leaving practice was entered.", samples=_one(_with_physician))
    to_physician(
        "registration_ended", when="The nightly check finds that a registration has ended.", samples=_one(_ending)
    )
    to_physician(
        "registration_ending", when="The nightly check finds that a registration ends soon.", samples=_one(_ending)
    )
    to_physician(
        "physician_status",
        when="A Registrar suspended or reinstated the physician.",
        samples=lambda: {
            "suspended": _with_physician(may_certify=False),
            "reinstated": _with_physician(may_certify=True),
        },
    )
    to_physician(
        "proof_decided",
        when="A second person decided on a proof.",
        samples=lambda: {"verified": _proof(True), "refused": _proof(False)},
    )
    to_staff(
        "delegate_named",
        readers=DELEGATE,
        when="A physician named a delegate.",
        samples=lambda: {"with an account": _delegate(True), "without an account": _delegate(False)},
    )
    to_staff(
        "application_decided",
        readers=APPLICANT,
        when="A second person decided on the application.",
        samples=lambda: {"verified": _application(True), "refused": _application(False)},
    )
    to_staff(
        "application_received",
        readers=STAFF,
        when="Somebody who is not on the roster applied.",
        samples=_one(lambda: _application(False) | _page("physicianapplication")),
    )
    to_staff(
        "registrations_rechecked",
        readers=REGISTRARS,
        when="The nightly check found ended registrations, or an old roster.",
        samples=lambda: {"registrations have ended": _rechecked(3), "the roster is old": _rechecked(0)},
    )
    to_staff(
        "binding_disowned",
        readers=REGISTRARS,
        when="A physician said “This was not me”.",
        samples=_one(lambda: _page("physician")),
    )
    to_staff(
        "identification_locked",
        readers=REGISTRARS,
        when="Five tries to identify failed.",
        samples=_one(lambda: _page("identificationtry")),
    )
    to_staff(
        "identification_second",
        readers=REGISTRARS,
        when="Right digits came from an account that is not theirs.",
        samples=_one(lambda: _page("identificationtry")),
    )
    to_staff(
        "mfa_reset_waits",
        readers=STAFF,
        when="A reset of second factors waits for a second person.",
        samples=_one(lambda: _page("mfareset")),
    )
    to_staff(
        "mfa_reset_disowned",
        readers=REGISTRARS,
        when="The owner cancelled a reset by the link in the mail.",
        samples=_one(lambda: _page("mfareset")),
    )
    to_staff(
        "audit_sealed",
        readers="Every Auditor",
        when="Every day at 6 a.m.",
        samples=_one(lambda: {"line": "seal 1204 2027-03-01T11:00:00Z 9f2c51d07a33…"}),
    )
    to_account(
        "main_address",
        when="Somebody asked for another main address.",
        samples=_one(lambda: {"secret": link("accounts:main-address-link")}),
    )
    to_account("mfa_reset_asked", when="Staff were called about a lost phone.", samples=_one(_reset))
    to_account("mfa_reset_done", when="Second factors were reset.", samples=_one(_reset))
    to_account("mfa_reset_cancelled", when="A reset was cancelled.", samples=_one(_reset))
    for kind, prefix in KINDS.items():
        to_account(kind, when=CAUSES[kind], samples=_one(partial(_of_allauth, prefix)))
