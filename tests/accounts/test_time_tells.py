"""The time of an answer does not tell who is registered: known and unknown input cost the same work.

The suite counts password hashes, rows of the outbox and, for the invitation code, which costs neither, the queries;
`make drill` measures with the real hasher.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import sign_up
from accounts.actions import create_user
from accounts.models import User
from certification.actions import joining, print_code
from notifications.models import Notification
from tests import factories
from tests.certification.forms import date_boxes
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
TRIES = 15  # of each way, in turns
MOST = 1.15  # the ratio of the medians
_number = itertools.count(1)


@dataclass(frozen=True)
class Way:
    """A form that strangers can post, with input that the portal knows and input that it does not know."""

    address: str
    known: Callable[[], dict]
    unknown: Callable[[], dict]
    signed_in: bool = False
    hashes: int = 0
    rows: int = 0


def nobody():
    return f"nobody{next(_number)}@example.org"


def account(password=None):
    """Return a new confirmed account, because allauth counts by address. Without a password it costs no hash."""
    return create_user(email=f"person{next(_number)}@example.net", password=password, by=None)


def somebody(*, password=None, **fields):
    made = account(password)
    if fields:
        with unguarded():
            User.objects.filter(pk=made.pk).update(**fields)
    return made.email


def signs_in(email):
    return {"login": email, "password": "not the right one"}


def signs_in_unconfirmed():
    made = account(factories.PASSWORD)
    with unguarded():
        EmailAddress.objects.filter(user=made).update(verified=False)
    return {"login": made.email, "password": factories.PASSWORD}


def signs_up(email):
    return {"email": email, "password1": factories.PASSWORD}


def adds(email):
    return {"action_add": "", "email": email}


def printed_code():
    person = factories.certification(profile=factories.profile(email="", has_no_email=True), joined=False).patient
    return print_code(person=person, by=None)[1]


def types(code):
    return {"code": code, **date_boxes("birth_date", factories.date(1901, 2, 3))}


LOGIN, RESET, SIGN_UP = "/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"
WAYS = {
    "login": Way(LOGIN, lambda: signs_in(somebody(password=factories.PASSWORD)), lambda: signs_in(nobody()), hashes=1),
    "login, without a password": Way(LOGIN, lambda: signs_in(somebody()), lambda: signs_in(nobody()), hashes=1),
    "login, not confirmed": Way(LOGIN, signs_in_unconfirmed, lambda: signs_in(nobody()), hashes=1),
    "login, closed account": Way(
        LOGIN,
        lambda: signs_in(somebody(password=factories.PASSWORD, is_active=False)),
        lambda: signs_in(nobody()),
        hashes=1,
    ),
    "reset": Way(RESET, lambda: {"email": somebody()}, lambda: {"email": nobody()}, rows=1),
    "reset, closed account": Way(
        RESET, lambda: {"email": somebody(is_active=False)}, lambda: {"email": nobody()}, rows=1
    ),
    "sign-up": Way(SIGN_UP, lambda: signs_up(somebody()), lambda: signs_up(nobody()), hashes=1, rows=1),
    "address change": Way("/accounts/email/", lambda: adds(somebody()), lambda: adds(nobody()), signed_in=True, rows=1),
    "invitation code": Way("/invitation/", lambda: types(printed_code()), lambda: types("ABCDE-FGHJK"), signed_in=True),
}


def post(way, typed):
    """Post as a new visitor from a new network address, because the limits count both."""
    client = factories.client_for(account()) if way.signed_in else Client()
    number = next(_number)
    extra = {"REMOTE_ADDR": f"10.1.{number // 250}.{number % 250 + 1}"}
    begun = time.process_time()
    response = client.post(way.address, typed, **extra)
    taken = time.process_time() - begun
    assert response.status_code in (200, 302)
    return response, taken


@pytest.fixture
def hashes(monkeypatch):
    """Collect the password hashes that are computed."""
    computed, encode = [], MD5PasswordHasher.encode

    def counted(self, password, salt):
        computed.append(1)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return computed


def work_of(way, typed, hashes):
    """Return the answer's status, and the number of computed hashes and of new rows in the outbox."""
    hashes.clear()
    before = Notification.objects.count()
    response, _taken = post(way, typed)
    return response.status_code, len(hashes), Notification.objects.count() - before


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_same_work_is_done_for_the_known_and_for_the_unknown(name, hashes):
    way = WAYS[name]
    known, unknown = (work_of(way, typed(), hashes) for typed in (way.known, way.unknown))
    assert known == unknown == (known[0], way.hashes, way.rows)


def test_control_allauths_own_form_computes_no_hash_for_a_known_address(hashes, monkeypatch):
    monkeypatch.setattr(sign_up, "make_and_take_back", lambda password: None)
    way = WAYS["sign-up"]
    assert [work_of(way, typed(), hashes)[1] for typed in (way.known, way.unknown)] == [0, 1]


def queries_of(typed):
    """Return how often the answer to this invitation code asks the database."""
    with CaptureQueriesContext(connection) as asked:
        response = factories.client_for(account()).post("/invitation/", typed, REMOTE_ADDR=f"10.2.0.{next(_number)}")
    assert response.status_code == 200
    return len(asked)


def test_an_unknown_invitation_code_asks_the_database_as_often_as_a_wrong_birth_date():
    assert queries_of(types(printed_code())) == queries_of(types("ABCDE-FGHJK"))


def test_control_a_code_that_is_only_looked_for_asks_the_database_less(monkeypatch):
    monkeypatch.setattr(joining, "_take_as_long_as_a_wrong_birth_date", lambda by: None)
    assert queries_of(types(printed_code())) > queries_of(types("ABCDE-FGHJK")) + 5


# --- The drill ------------------------------------------------------------------------------------------------------


def medians(way):
    """Return the median seconds of this process for known and for unknown input, measured in turns.

    On SQLite the database's work is among them, and what else the machine does is not.
    """
    times = {"known": [], "unknown": []}
    typed = [(name, getattr(way, name)()) for _ in range(TRIES) for name in times]
    for name, fields in typed:
        times[name].append(post(way, fields)[1])
    return [median(taken) for taken in times.values()]


@pytest.fixture
def real_hasher(request, settings):
    if not request.config.getoption("drill"):
        pytest.skip("measured by make drill")
    settings.PASSWORD_HASHERS = ["accounts.hashers.PortalPasswordHasher"]
    cache.clear()


@pytest.mark.django_db(transaction=True)  # as in production: the mail is sent after the commit
@pytest.mark.usefixtures("real_hasher")
@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_known_and_the_unknown_take_the_same_time(name):
    known, unknown = medians(WAYS[name])
    ratio = max(known, unknown) / min(known, unknown)
    print(f"{name}: known {known * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms, ratio {ratio:.3f}")
    assert ratio <= MOST


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("real_hasher")
def test_control_without_the_hash_a_sign_up_reveals_who_is_registered(monkeypatch):
    monkeypatch.setattr(sign_up, "make_and_take_back", lambda password: None)
    known, unknown = medians(WAYS["sign-up"])
    assert unknown / known > MOST
