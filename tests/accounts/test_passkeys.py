"""Passkeys: what the portal accepts from a browser. tests/journeys/test_passkey.py uses a real one."""

import json
import re
from hashlib import sha256

import pytest
from allauth.mfa.models import Authenticator
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

ADD = "/accounts/2fa/webauthn/add/"
REAUTHENTICATE = "/accounts/2fa/webauthn/reauthenticate/"
JUNK = [
    "", "null", "1", "[]", "{}", "not json", "[" * 5000, '{"rawId": 1}', '{"id": "\\u0000"}', "x" * 1_000_000,
    json.dumps({"id": "aa", "rawId": "aa", "type": "public-key", "response": 7}),
    json.dumps({"id": "é", "rawId": "é", "type": "public-key", "response": {"clientDataJSON": "é"}}),
    json.dumps(
        {"id": "AAAA", "rawId": "AAAA", "type": "public-key",
         "response": {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "", "signature": ""}}
    ),
]  # fmt: skip


@shared
def account():
    made = factories.user()
    Authenticator.objects.create(user=made, type="totp", data={"secret": ""})
    return made


def passkey_of(account):
    """Return what is stored of the account's passkey."""
    key = ES256({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    made = AttestedCredentialData.create(b"\0" * 16, b"credential", key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(b"testserver").digest(), flags, 1, made)
    response = {
        "clientDataJSON": websafe_encode(b'{"type": "webauthn.create", "challenge": "", "origin": ""}'),
        "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
    }
    credential = {"id": "Y3JlZGVudGlhbA", "rawId": "Y3JlZGVudGlhbA", "type": "public-key", "response": response}
    return Authenticator.objects.create(
        user=account, type="webauthn", data={"name": "Laptop", "credential": credential}
    )


def test_without_javascript_the_other_methods_are_named(account):
    page = factories.client_for(account).get(ADD).content.decode()

    assert re.search(r'<form method="post"\s+action="/accounts/2fa/webauthn/add/"\s+novalidate\s+hidden', page)
    assert "Your other methods work without it" in page


@pytest.mark.parametrize("credential", JUNK, ids=range(len(JUNK)))
def test_an_answer_that_is_no_passkey_is_refused_and_not_stored(account, credential):
    client = factories.client_for(account)
    page = client.get(ADD)

    response = client.post(ADD, {"name": "Blue key", "credential": credential})

    assert (page.status_code, response.status_code) == (200, 200)
    text = response.content.decode()
    assert 'value="Blue key"' in text and ("was not accepted" in text or "Press the button" in text)
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.parametrize("credential", JUNK, ids=range(len(JUNK)))
def test_what_is_no_passkey_confirms_nobody(account, credential):
    passkey_of(account)
    client = factories.client_for(account)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    assert "passkey-use" in client.get(REAUTHENTICATE).content.decode()

    response = client.post(REAUTHENTICATE, {"credential": credential})

    assert response.status_code == 200
    assert client.session["account_authentication_methods"] == []


@pytest.mark.parametrize("name", ["", "x" * 61, "\0", "👩‍⚕️" * 30], ids=["none", "long", "NUL", "emoji"])
def test_a_name_that_cannot_be_stored_is_refused(account, name):
    key = passkey_of(account)

    response = factories.client_for(account).post(f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", {"name": name})

    key.refresh_from_db()
    assert (response.status_code, key.data["name"]) == (200, "Laptop")
    assert 'id="error-summary"' in response.content.decode()


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(account):
    key = passkey_of(account)
    own, strange = factories.client_for(account), factories.client_for(factories.user())

    for page in (f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", f"/accounts/2fa/webauthn/keys/{key.pk}/remove/"):
        assert (own.get(page).status_code, strange.get(page).status_code, strange.post(page).status_code) == (
            200, 404, 404,
        )  # fmt: skip
    own.post(f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", {"name": "Work laptop"})
    assert "Work laptop" in own.get("/accounts/2fa/webauthn/").content.decode()
    own.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")

    assert not Authenticator.objects.filter(type="webauthn").exists()
