from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def is_signed_in(client):
    return "_auth_user_id" in client.session


def physician_client():
    return factories.client_for(factories.identified_physician().user)


def opened(client, page="/accounts/role/"):
    """Return a client that has opened a page, from which the idle time counts."""
    client.get(page)
    return client


@pytest.mark.parametrize(
    ("make", "minutes"),
    [
        (physician_client, 15),
        (lambda: factories.client_for(factories.staff("Driver")), 15),
        (lambda: factories.client_for(factories.delegate(factories.identified_physician())), 15),
        (lambda: factories.client_for(factories.user()), 30),
    ],
    ids=["physician", "staff", "delegate", "member"],
)
def test_a_session_ends_when_nothing_happened(clock, make, minutes):
    client = opened(make())
    clock.shift(minutes * MINUTE - SECOND)
    client.get("/accounts/role/")
    assert is_signed_in(client)

    clock.shift(minutes * MINUTE)
    response = client.get("/accounts/role/")

    assert not is_signed_in(client)
    assert response.headers["Location"] == "/accounts/login/?next=/accounts/role/"
    assert "because nothing happened for a while" in client.get(response.headers["Location"]).content.decode()


def test_a_session_ends_after_12_hours_in_any_case(clock):
    client = opened(factories.client_for(factories.user()))
    for _ in range(35):
        clock.shift(20 * MINUTE)
        client.get("/accounts/role/")
    clock.shift(20 * MINUTE - SECOND)
    client.get("/accounts/role/")
    assert is_signed_in(client)

    clock.shift(SECOND)
    response = client.get("/accounts/role/", follow=True)

    assert not is_signed_in(client)
    assert "because you had been signed in for 12 hours" in response.content.decode()


def test_signing_in_again_opens_the_same_page(clock):
    account = factories.user("rosa@example.org")
    client = opened(factories.client_for(account))
    clock.shift(30 * MINUTE)

    login = client.get("/accounts/password/change/?from=here").headers["Location"]
    response = client.post(login, {"login": "rosa@example.org", "password": factories.PASSWORD})

    assert response.headers["Location"] == "/accounts/password/change/?from=here"


def test_a_post_after_the_end_changes_nothing_and_comes_back_to_its_form(clock):
    client = opened(physician_client())
    clock.shift(15 * MINUTE)

    response = client.post("/certification/add/", headers={"referer": "http://testserver/certification/"})

    assert response.headers["Location"] == "/accounts/login/?next=/certification/"


def test_a_public_page_stays_open_after_the_end(clock):
    client = opened(factories.client_for(factories.user()))
    clock.shift(30 * MINUTE)

    response = client.get("/faq/")

    assert response.status_code == 200
    assert "You were signed out" in response.content.decode()
    assert not is_signed_in(client)


def test_a_new_session_starts_its_own_12_hours(clock):
    account = factories.user("rosa@example.org")
    client = opened(factories.client_for(account))
    clock.shift(12 * 60 * MINUTE)
    opened(client)

    client.post("/accounts/login/", {"login": "rosa@example.org", "password": factories.PASSWORD})
    clock.shift(29 * MINUTE)

    assert client.get("/accounts/role/").status_code == 200


def test_last_seen_is_written_at_most_once_a_minute(clock):
    client = opened(factories.client_for(factories.user()))
    written = []
    for seconds in (1, 58, 1, 59, 1):
        clock.shift(seconds * SECOND)
        client.get("/accounts/role/")
        written.append(Session.objects.get().get_decoded()["seen_at"])

    at = [NOON, NOON, NOON + MINUTE, NOON + MINUTE, NOON + 2 * MINUTE]
    assert written == [moment.isoformat() for moment in at]


def test_a_look_within_the_minute_writes_nothing(clock, django_assert_max_num_queries):
    client = opened(factories.client_for(factories.user()))

    with django_assert_max_num_queries(12) as seen:
        client.get("/accounts/role/")

    assert not [
        query for query in seen.captured_queries if not query["sql"].lstrip("(").startswith(("SELECT", "EXECUTE"))
    ]


def test_the_page_warns_ahead_of_the_end(clock):
    assert 'data-idle-seconds="900"' in physician_client().get("/accounts/physician/").content.decode()
    newcomer = factories.client_for(factories.user())
    assert 'data-idle-seconds="1800"' in newcomer.get("/accounts/role/").content.decode()


def test_no_cache_stores_pages_of_a_signed_in_person():
    for page in ("/accounts/role/", "/faq/", "/nowhere/"):
        response = factories.client_for(factories.user()).get(page)
        assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", "))


def test_a_public_page_may_be_cached():
    assert "no-store" not in Client().get("/faq/").headers.get("Cache-Control", "")
