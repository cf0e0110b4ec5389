"""What was typed when a session ended: sealed on the server, for an hour, for the same person alone."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.typed import MOST_CHARACTERS, MOST_PAGES, TYPED
from tests import factories
from tests.certification import forms

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ASK = "/accounts/session/"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def physician(clock):
    return factories.identified_physician()


@pytest.fixture
def draft(physician):
    return factories.draft(physician)


@pytest.fixture
def client(physician):
    return factories.client_for(physician.user)


def profile(draft):
    return f"/certification/{draft.uuid}/profile/"


def post_late(client, clock, draft, data=None, minutes=15, **headers):
    """Open the page, wait until the session is over, and send its form."""
    client.get(profile(draft))
    clock.shift(minutes * MINUTE)
    data = data or forms.profile(last_name="Núñez", street="7 Chapel Street")
    return client.post(profile(draft), data, headers={"referer": f"http://testserver{profile(draft)}", **headers})


def sign_in_again(client, account, identified=True):
    """Sign in with what the browser of `client` holds, as the login page does; return the client."""
    client.post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD})
    session = client.session
    if identified:
        session["identified"] = account.physician.pk
    session.save()
    return client


def typed_on(client, page):
    """Return what the page gives back of what was typed there, or None."""
    response = client.get(page)
    return response.context["typed"].fields if response.context and response.context.get("typed") else None


def test_what_was_posted_after_the_end_is_back_after_signing_in(client, clock, draft, physician):
    answer = post_late(client, clock, draft)
    assert answer.headers["Location"] == f"/accounts/login/?next={profile(draft)}"
    login = client.get(answer.headers["Location"]).content.decode()
    assert "because nothing happened for a while" in login and "What you typed is kept for an hour" in login
    assert "Núñez" not in login

    page = sign_in_again(client, physician.user).get(profile(draft))

    assert page.context["typed"].fields["last_name"] == ["Núñez"]
    assert page.context["typed"].fields["birth_date_year"] == ["1980"]
    assert "is filled in again" in page.content.decode()
    assert draft.patient_name == "Rosa Delgado" and "csrfmiddlewaretoken" not in page.context["typed"].fields
    assert typed_on(client, profile(draft)) is None  # once


def test_what_was_typed_is_sealed_in_the_session(client, clock, draft):
    post_late(client, clock, draft)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        rows = [row[0] for row in cursor.fetchall()]
    decoded = str([Session.objects.get(session_data=row).get_decoded() for row in rows])
    assert TYPED in decoded and "Chapel" not in decoded and "last_name" not in decoded


def test_another_person_gets_nothing_of_it(client, clock, draft, physician):
    post_late(client, clock, draft)
    other = factories.identified_physician()
    sign_in_again(client, other.user)
    assert client.get(profile(draft)).status_code == 404
    assert client.get("/certification/").context.get("typed") is None
    assert client.session.get(TYPED) == []


def test_it_is_gone_after_an_hour(client, clock, draft, physician):
    post_late(client, clock, draft)
    clock.shift(59 * MINUTE)
    sign_in_again(client, physician.user)
    clock.shift(2 * MINUTE)
    assert typed_on(client, profile(draft)) is None


def test_the_session_that_holds_it_ends_after_an_hour(client, clock, draft):
    post_late(client, clock, draft)
    assert Session.objects.get().expire_date == NOON + 75 * MINUTE


def test_passwords_codes_and_digits_of_the_ssn_are_never_kept(client, clock, draft, physician):
    secret = {"password": "hunter22", "oldpassword": "hunter22", "ssn_last_four": "4321", "code": "123456"}
    post_late(client, clock, draft, {**forms.profile(), **secret})
    typed = typed_on(sign_in_again(client, physician.user), profile(draft))
    assert typed["first_name"] == ["Rosa"] and not secret.keys() & typed.keys()


def test_a_file_is_not_kept_and_the_page_says_so(client, clock, draft, physician):
    post_late(client, clock, draft, {**forms.profile(), "file": SimpleUploadedFile("a.pdf", b"%PDF")})
    sign_in_again(client, physician.user)
    page = client.get(profile(draft))
    assert "file" not in page.context["typed"].fields
    assert "Files are not kept: choose them again." in page.content.decode()


def test_what_is_too_long_is_not_kept_and_the_page_says_so(client, clock, draft):
    answer = post_late(client, clock, draft, {**forms.profile(), "street": "x" * MOST_CHARACTERS})
    assert "could not be kept" in client.get(answer.headers["Location"]).content.decode()
    assert TYPED not in client.session


def test_at_most_three_pages_are_kept(client, clock, physician):
    drafts = [factories.draft(physician) for _ in range(MOST_PAGES + 1)]
    client.get("/certification/")
    clock.shift(15 * MINUTE)
    for one in drafts:  # the tabs: the first ends the session, the others come without one
        page = f"http://testserver{profile(one)}"
        assert client.post(profile(one), forms.profile(), headers={"referer": page}).status_code == 302
    assert [each["page"] for each in client.session[TYPED]] == [profile(one) for one in drafts[1:]]


def test_a_visitor_who_had_no_session_has_nothing_kept(db, clock):
    client = Client()
    client.post("/certification/add/", {"a": "b"})
    client.post(ASK, {"_page": "/certification/add/", "a": "b"})
    assert TYPED not in client.session


# --- The question of the script -------------------------------------------------------------------------------------


def test_to_ask_is_no_activity(client, clock):
    client.get("/certification/")
    for minutes in (5, 5, 4):
        clock.shift(minutes * MINUTE)
        left = client.get(ASK).json()["left"]
    assert left == 60
    clock.shift(MINUTE - timedelta(milliseconds=1))
    assert client.get(ASK).json()["left"] == 1  # never 0 while it is open
    clock.shift(timedelta(milliseconds=1))
    assert client.get(ASK).json() == {"left": 0, "kept": False}
    assert client.get("/certification/").status_code == 302


def test_another_tab_keeps_the_session_open_for_all(client, clock):
    client.get("/certification/")
    clock.shift(14 * MINUTE)
    client.get("/certification/")
    clock.shift(2 * MINUTE)
    assert client.get(ASK).json()["left"] == 13 * 60


def test_typing_is_activity(client, clock):
    client.get("/certification/")
    for _ in range(4):
        clock.shift(10 * MINUTE)
        assert client.get(f"{ASK}?stay=1").json()["left"] == 15 * 60
    assert client.get("/certification/").status_code == 200


def test_the_script_keeps_what_was_typed_at_the_end(client, clock, draft, physician):
    client.get(profile(draft))
    clock.shift(15 * MINUTE)
    sent = {"_page": profile(draft), "_files": "1", "last_name": "Núñez", "password": "x"}
    assert client.post(ASK, sent).json() == {"left": 0, "kept": True}
    page = sign_in_again(client, physician.user).get(profile(draft))
    assert page.context["typed"].fields == {"last_name": ["Núñez"]} and page.context["typed"].had_files


@pytest.mark.parametrize("page", ["//evil.example/x", "/nowhere/", ""])
def test_nothing_is_kept_for_a_page_that_is_none_of_ours(client, clock, page):
    client.get("/certification/")
    clock.shift(15 * MINUTE)
    assert client.post(ASK, {"_page": page, "a": "b"}).json()["kept"] is False


# --- A tab that was opened before signing in ------------------------------------------------------------------------


def test_a_form_of_before_signing_in_comes_back_filled_in(physician, draft):
    client = Client(enforce_csrf_checks=True)
    client.cookies = factories.client_for(physician.user).cookies
    here = {"referer": f"http://testserver{profile(draft)}", "origin": "http://testserver"}
    answer = client.post(profile(draft), forms.profile(last_name="Núñez"), headers=here)
    assert (answer.status_code, answer.headers["Location"]) == (302, profile(draft))
    assert typed_on(client, profile(draft))["last_name"] == ["Núñez"]


def test_a_page_of_somebody_else_can_put_nothing_into_a_form(physician, draft):
    client = Client(enforce_csrf_checks=True)
    client.cookies = factories.client_for(physician.user).cookies
    for headers in ({"origin": "https://evil.example"}, {"referer": f"http://testserver{profile(draft)}"}):
        assert client.post(profile(draft), forms.profile(), headers=headers).status_code == 403
    assert TYPED not in client.session


@pytest.mark.parametrize("path", ["//elsewhere.example/", "/\\elsewhere.example/", ":[/"])
def test_a_path_that_is_the_address_of_another_host_leads_nowhere(physician, draft, path):
    """Our own page "not found" has such an address: https://portal//elsewhere.example/."""
    client = Client(enforce_csrf_checks=True)
    client.cookies = factories.client_for(physician.user).cookies
    here = {"referer": f"http://testserver{path}", "origin": "http://testserver"}
    answer = client.post(profile(draft), forms.profile(), headers=here)
    assert (answer.status_code, "Location" in answer.headers) == (403, False)


def test_a_part_of_a_page_leads_the_whole_browser_to_sign_in(client, clock, draft):
    """htmx would put the page that asks to sign in into a part of the page that still shows personal data."""
    answer = post_late(client, clock, draft, **{"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == f"/accounts/login/?next={profile(draft)}"
