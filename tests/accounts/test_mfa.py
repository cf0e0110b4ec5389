"""The second factor: who is asked for it, and how its secrets are stored."""

import json
import re
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.actions import keep_recovery_codes
from accounts.rules import FactorError
from audit.models import Event
from tests import factories
from tests.mails import delivered
from ui.encryption import DecryptionError, decrypt

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ACTIVATE = "/accounts/2fa/totp/activate/"
SECOND_WAY = "/accounts/second-way/"
CODES_KEPT = "/accounts/second-way/codes-kept/"


@pytest.fixture
def required(settings):
    settings.REQUIRE_MFA = True


def code_of(seed):
    return format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time())))


def with_totp(account):
    TOTP.activate(account, SEED)
    return account


def with_codes(account, **data):
    """Give the account recovery codes that a page has shown; `data` changes what is stored about them."""
    codes = RecoveryCodes.activate(account).instance
    codes.data |= {"viewed_at": 1.0, **data}
    codes.save()
    return account


def with_passkey(account, attachment="platform"):
    data = {"name": "Laptop", "credential": {"authenticatorAttachment": attachment}}
    Authenticator.objects.create(user=account, type="webauthn", data=data)
    return account


def signed_in(account):
    """Sign in on the sign-in page, so that the password was asked for a moment ago."""
    client = Client()
    client.post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD})
    return client


def goes_to(account, page):
    response = factories.client_for(account).get(page)
    return response.headers.get("Location", response.status_code)


# --- Who is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("required")
def test_professionals_are_sent_to_set_up_a_second_factor():
    physician = factories.identified_physician()
    for account in (physician.user, factories.staff("Driver"), factories.delegate(physician)):
        for page in ("/accounts/role/", "/certification/", "/home/", "/admin/"):
            assert goes_to(account, page) == ACTIVATE


@pytest.mark.usefixtures("required")
def test_a_newcomer_is_asked_only_on_the_way_to_being_a_physician():
    newcomer = factories.user()

    assert goes_to(newcomer, "/accounts/role/") == 200
    assert goes_to(newcomer, "/accounts/physician/identify/") == ACTIVATE
    assert goes_to(newcomer, "/accounts/physician/") == ACTIVATE


@pytest.mark.usefixtures("required")
def test_a_post_without_the_second_factor_identifies_nobody():
    physician = factories.physician()
    data = {"dea_number": physician.dea_number, "ssn_last_four": factories.SSN_LAST_FOUR}

    response = factories.client_for(factories.user()).post("/accounts/physician/identify/", data)

    physician.refresh_from_db()
    assert (response.headers["Location"], physician.user) == (ACTIVATE, None)


@pytest.mark.usefixtures("required")
def test_patients_are_not_asked():
    assert goes_to(factories.patient().user, "/home/") == 200


@pytest.mark.usefixtures("required")
def test_account_pages_and_public_pages_stay_open():
    client = signed_in(factories.staff("Driver"))

    for page in (ACTIVATE, "/accounts/2fa/", "/accounts/email/", "/accounts/logout/", "/accounts/sessions/", "/faq/"):
        assert client.get(page).status_code == 200


KEPT = {"kept_at": "2026-11-23T12:00:00"}


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    "given",
    [
        lambda account: with_codes(with_totp(account), **KEPT),
        lambda account: with_codes(with_passkey(account), **KEPT),
        lambda account: with_passkey(with_totp(account), "cross-platform"),
        lambda account: with_passkey(with_passkey(account)),
    ],
    ids=["app and codes", "passkey and codes", "app and security key", "passkeys of two devices"],
)
def test_a_person_with_two_ways_goes_on(given):
    assert goes_to(given(factories.staff("Pharmacist")), "/admin/") == 200


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    "given",
    [
        with_totp,
        with_passkey,
        lambda account: with_codes(with_totp(account)),
        lambda account: with_codes(with_totp(account), used_mask=1023, **KEPT),
        lambda account: with_passkey(with_totp(account)),
    ],
    ids=["app", "passkey", "codes not kept", "codes used up", "app and passkey of maybe one phone"],
)
def test_a_person_with_one_way_is_asked_for_another(given):
    account = given(factories.staff("Pharmacist"))

    assert goes_to(account, "/admin/") == SECOND_WAY
    assert goes_to(account, SECOND_WAY) == 200
    assert goes_to(account, "/accounts/2fa/") == 200


def test_the_page_of_the_second_way_leads_a_person_with_two_ways_on():
    assert goes_to(factories.user(), SECOND_WAY) == "/accounts/2fa/"
    assert goes_to(with_codes(with_totp(factories.user()), **KEPT), SECOND_WAY) == "/accounts/role/"


def test_a_patient_is_offered_one_more_way():
    page = factories.client_for(with_totp(factories.patient().user)).get("/accounts/2fa/").content.decode()

    assert "You have one method only" in page


def test_check_codes_were_seen_refuses_codes_that_were_never_shown():
    account = with_totp(factories.user())
    RecoveryCodes.activate(account)

    with pytest.raises(FactorError):
        keep_recovery_codes(by=account)

    response = factories.client_for(account).post(CODES_KEPT, follow=True)
    assert "Open your recovery codes first" in response.content.decode()
    assert "kept_at" not in Authenticator.objects.get(type="recovery_codes").data


def test_new_codes_do_not_count_until_the_person_has_saved_them():
    client = factories.client_for(with_codes(with_totp(factories.user()), **KEPT))

    client.post("/accounts/2fa/recovery-codes/generate/")

    assert "kept_at" not in Authenticator.objects.get(type="recovery_codes").data


def test_nobody_is_asked_where_it_is_not_required():
    assert goes_to(factories.staff("Pharmacist"), "/admin/") == 200


@pytest.mark.usefixtures("required")
@pytest.mark.django_db(transaction=True)  # allauth tells and mails after the commit
def test_setting_it_up_opens_the_way():
    client = signed_in(factories.staff("Pharmacist"))
    page = client.get(ACTIVATE).content.decode()
    seed = re.search(r"\b([A-Z2-7]{4} ?){8}", page)[0].replace(" ", "")

    response = client.post(ACTIVATE, {"code": code_of(seed)})

    assert response.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/admin/").headers["Location"] == SECOND_WAY
    assert seed not in json.dumps(dict(client.session.items()))
    assert Event.objects.filter(action="user.second_factor_add", reason="totp").count() == 1
    assert [sent.subject for sent in mail.outbox] == ["Two-factor authentication is on"]


@pytest.mark.usefixtures("required")
def test_keeping_the_codes_leads_on_to_the_start():
    account = with_totp(factories.staff("Pharmacist"))
    RecoveryCodes.activate(account)
    client = factories.client_for(account)

    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    response = client.post(CODES_KEPT)
    client.post(CODES_KEPT)

    assert f'action="{CODES_KEPT}"' in page
    assert response.headers["Location"] == "/accounts/role/"
    assert client.get("/admin/").status_code == 200
    assert Event.objects.filter(action="user.recovery_codes_keep", actor_id=account.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_are_recorded():
    client = signed_in(with_totp(factories.user()))
    client.post("/accounts/2fa/authenticate/", {"code": code_of(SEED)})

    client.post("/accounts/2fa/recovery-codes/generate/")

    assert Event.objects.filter(action="user.second_factor_reset", reason="recovery_codes").count() == 1


@pytest.mark.usefixtures("required")
def test_setting_it_up_asks_for_the_password_when_signing_in_was_a_while_ago():
    with time_machine.travel(NOON, tick=False) as clock:
        client = signed_in(factories.staff("Pharmacist"))
        clock.shift(299)
        assert client.get(ACTIVATE).status_code == 200
        clock.shift(1)

        assert client.get(ACTIVATE).headers["Location"].startswith("/accounts/reauthenticate/")


# --- Signing in with it ---------------------------------------------------------------------------------------------


def test_signing_in_asks_for_the_code():
    account = with_totp(factories.user("rosa@example.org"))
    client = Client()

    asked = client.post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD})
    wrong = client.post(asked.headers["Location"], {"code": "000000"})
    assert wrong.status_code == 200
    assert "_auth_user_id" not in client.session
    right = client.post(asked.headers["Location"], {"code": code_of(SEED)})

    assert (asked.headers["Location"], right.headers["Location"]) == ("/accounts/2fa/authenticate/", "/accounts/role/")
    refused = Event.objects.get(action="user.second_factor")
    assert (refused.actor_id, refused.outcome) == (account.pk, "refused")


def test_a_recovery_code_works_once():
    account = with_totp(factories.user("rosa@example.org"))
    code = RecoveryCodes.activate(account).get_unused_codes()[0]

    for expected in (302, 200):
        client = Client()
        client.post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD})
        assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == expected


def test_turning_it_off_is_recorded_and_announced():
    account = with_totp(factories.user("rosa@example.org"))
    client = signed_in(account)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(SEED)})

    client.post("/accounts/2fa/totp/deactivate/")

    assert not Authenticator.objects.filter(type="totp").exists()
    assert Event.objects.filter(action="user.second_factor_remove", reason="totp").count() == 1
    assert [sent.to for sent in delivered()] == [["rosa@example.org"]]


# --- How it is kept -------------------------------------------------------------------------------------------------


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        return [row[0] if isinstance(row[0], str) else json.dumps(row[0]) for row in cursor.fetchall()]


def test_the_seed_is_encrypted_at_rest():
    with_totp(factories.user())

    [data] = stored()
    assert SEED not in data
    assert not re.search(r"[A-Z2-7]{32}", data)
    assert decrypt(json.loads(data)["secret"], context="mfa_authenticator.data") == SEED


def test_recovery_codes_are_encrypted_at_rest():
    codes = RecoveryCodes.activate(factories.user()).get_unused_codes()

    [data] = stored()
    assert len(codes) == 10
    assert not [code for code in codes if code in data]
    assert not re.search(r"[0-9a-f]{40}", data)


def test_a_lost_key_fails_closed(settings):
    with_totp(factories.user())
    settings.FIELD_KEYS = ["k2:" + "Mg" * 21 + "I="]

    with pytest.raises(DecryptionError):
        Authenticator.objects.get().wrap().validate_code(code_of(SEED))
