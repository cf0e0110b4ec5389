"""How passwords are stored: Argon2id, and what was stored before is read and renewed."""

import ast
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, identify_hasher, make_password
from django.test import Client

from accounts.hashers import PortalPasswordHasher
from accounts.models import User
from tests import factories
from tests.guard import unguarded

OLD = "pbkdf2_sha256"
NEW = "argon2$argon2id$v=19$m=19456,t=2,p=1$"
SETTINGS = Path(__file__).resolve().parents[2] / "mmp_portal" / "settings.py"


def production_hashers():
    """Return what the settings say; the suite itself runs with a fast hash."""
    for line in ast.parse(SETTINGS.read_text()).body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "PASSWORD_HASHERS":
            return ast.literal_eval(line.value)
    raise AssertionError("settings.py names no hashers")


@pytest.fixture(autouse=True)
def hashers(settings):
    settings.PASSWORD_HASHERS = production_hashers()


@pytest.fixture
def cheap_old_hash(monkeypatch):
    """An old hash costs a third of a second; what is tested does not depend on it."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)


@pytest.fixture
def worked(monkeypatch):
    """The hashes that were computed, by name."""
    computed = []

    def count(hasher, name):
        done = getattr(hasher, name)

        def counted(self, *args, **kwargs):
            computed.append(f"{self.algorithm}.{name}")
            return done(self, *args, **kwargs)

        monkeypatch.setattr(hasher, name, counted)

    for hasher in (PBKDF2PasswordHasher, PortalPasswordHasher):
        for name in ("encode", "verify"):
            count(hasher, name)
    return computed


def member_with_old_hash():
    account = factories.user("rosa@example.org")
    with unguarded():
        User.objects.filter(pk=account.pk).update(password=make_password(factories.PASSWORD, hasher=OLD))
    account.refresh_from_db()
    return account


def sign_in(client, email="rosa@example.org", password=factories.PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def stored(account):
    return User.objects.values_list("password", flat=True).get(pk=account.pk)


def test_a_password_is_hashed_with_the_parameters_that_owasp_advises():
    kept = make_password(factories.PASSWORD)

    assert kept.startswith(NEW) and len(kept) <= 128
    assert identify_hasher(kept).verify(factories.PASSWORD, kept)
    assert not identify_hasher(kept).verify("quiet-harbor-lanterns", kept)
    assert not identify_hasher(kept).must_update(kept)


@pytest.mark.parametrize("parameter", ["time_cost", "memory_cost", "parallelism"])
def test_a_hash_with_other_parameters_is_renewed(parameter, monkeypatch):
    kept = make_password(factories.PASSWORD)
    monkeypatch.setattr(PortalPasswordHasher, parameter, getattr(PortalPasswordHasher, parameter) * 2)

    assert identify_hasher(kept).must_update(kept)


@pytest.mark.django_db
@pytest.mark.usefixtures("cheap_old_hash")
def test_an_old_hash_lets_in_and_is_renewed_at_the_next_sign_in():
    account = member_with_old_hash()
    client = Client()

    assert sign_in(client).status_code == 302
    assert stored(account).startswith(NEW)
    assert client.get("/accounts/role/").status_code == 200  # the session is bound to the new hash

    kept = stored(account)
    assert sign_in(Client()).status_code == 302
    assert stored(account) == kept


@pytest.mark.django_db
@pytest.mark.usefixtures("cheap_old_hash")
def test_a_wrong_password_renews_nothing():
    account = member_with_old_hash()

    assert sign_in(Client(), password="quiet-harbor-lanterns").status_code == 200
    assert stored(account).startswith(f"{OLD}$1000$")


@pytest.mark.django_db
@pytest.mark.usefixtures("cheap_old_hash")
def test_proving_oneself_again_renews_the_hash_and_does_not_end_the_session():
    account = member_with_old_hash()
    client = factories.client_for(account)

    assert client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD}).status_code == 302
    assert stored(account).startswith(NEW)
    assert client.get("/accounts/role/").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("cheap_old_hash")
def test_a_wrong_password_costs_one_hash_of_the_kind_that_is_stored(worked):
    """What ADR 0019 says: of an account that has not signed in since, the time tells that it exists."""
    member_with_old_hash()
    factories.user("luis@example.org")
    costs = {}
    for email in ("rosa@example.org", "luis@example.org", "nobody@example.org"):
        worked.clear()
        sign_in(Client(), email, "quiet-harbor-lanterns")
        costs[email] = list(worked)

    assert costs == {
        "rosa@example.org": [f"{OLD}.verify", f"{OLD}.encode"],  # one: to verify is to encode again
        "luis@example.org": ["argon2.verify"],
        "nobody@example.org": ["argon2.encode"],
    }


@pytest.mark.django_db
def test_an_old_hash_with_fewer_rounds_is_checked_with_as_many_as_new_ones(settings, monkeypatch):
    """Where the algorithm is the same, Django makes up for the rounds that the stored hash lacks."""
    settings.PASSWORD_HASHERS = [production_hashers()[1]]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)
    member_with_old_hash()
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 3_000)
    rounds = []
    encode = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(
        PBKDF2PasswordHasher,
        "encode",
        lambda self, password, salt, iterations=None: (
            rounds.append(iterations) or encode(self, password, salt, iterations)
        ),
    )
    sign_in(Client(), password="quiet-harbor-lanterns")

    assert sum(rounds) == 3_000
