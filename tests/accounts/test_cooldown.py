"""Each lock says when it opens: at the told minute the try works, and a minute before it is refused."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.core import context
from allauth.mfa.base.internal.flows import check_rate_limit
from django.core.exceptions import ValidationError
from django.test import Client, override_settings

from certification.actions import print_code
from tests import factories
from tests.certification.forms import date_boxes

pytestmark = pytest.mark.django_db

LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"
START = "2026-11-23T20:37:20Z"  # 3:37:20 p.m. Eastern


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def told(response):
    """Return the time that the page tells."""
    return re.search(r"ry again at (\S+ [ap]\.m\.) Eastern", " ".join(response.content.decode().split())).group(1)


def tries(email, password="not the right one", number=9):
    typed = {"login": email, "password": password}
    return Client().post(LOGIN, typed, REMOTE_ADDR=f"192.0.2.{number}")


def locked(email):
    for number in range(5):
        tries(email, number=number)
    return tries(email, factories.PASSWORD)


def test_sign_in_opens_at_the_told_minute(traveller):
    factories.user("rosa@example.org")
    assert told(locked("rosa@example.org")) == "3:43 p.m."

    traveller.move_to("2026-11-23T20:42:19Z")  # one second before the limit opens
    assert told(tries("rosa@example.org", factories.PASSWORD)) == "3:43 p.m."
    traveller.move_to("2026-11-23T20:43:00Z")
    assert tries("rosa@example.org", factories.PASSWORD).status_code == 302


def test_sign_in_tells_the_same_for_an_unknown_address():
    factories.user("rosa@example.org")
    assert told(locked("rosa@example.org")) == told(locked("nobody@example.org")) == "3:43 p.m."


def test_sign_in_tells_the_shorter_lock_of_a_network_address(traveller):
    for number in range(10):
        tries(f"nobody{number}@example.org")
    factories.user("rosa@example.org")
    assert told(tries("rosa@example.org", factories.PASSWORD)) == "3:39 p.m."

    traveller.move_to("2026-11-23T20:38:19Z")
    assert told(tries("rosa@example.org", factories.PASSWORD)) == "3:39 p.m."
    traveller.move_to("2026-11-23T20:39:00Z")
    assert tries("rosa@example.org", factories.PASSWORD).status_code == 302


def test_the_lock_speaks_the_reader_s_language():
    for number in range(5):
        tries("rosa@example.org", number=number)
    typed = {"login": "rosa@example.org", "password": "wrong"}
    page = Client(headers={"accept-language": "es"}).post(LOGIN, typed, REMOTE_ADDR="192.0.2.9").content.decode()
    assert "Inténtelo otra vez a las 3:43 p.m., hora del Este, o llámenos." in page


@pytest.mark.parametrize("error_key", [None, "rate_limited"])
def test_second_factor_opens_at_the_told_minute(rf, traveller, error_key):
    request = rf.post("/accounts/2fa/authenticate/")
    request.user = factories.user("rosa@example.org")
    with context.request_context(request):
        for _ in range(5):
            check_rate_limit(request.user, error_key)
        traveller.shift(timedelta(seconds=299))
        with pytest.raises(ValidationError, match=r"Try again at 3:43 p\.m\. Eastern"):
            check_rate_limit(request.user, error_key)
        traveller.move_to("2026-11-23T20:43:00Z")
        check_rate_limit(request.user, error_key)


@override_settings(ACCOUNT_RATE_LIMITS={"invitation_code": "2/5m/ip,2/5m/user"})
def test_invitation_code_opens_at_the_told_minute(traveller):
    person = factories.certification(profile=factories.profile(email="", has_no_email=True), joined=False).patient
    code, client = print_code(person=person, by=None)[1], factories.client_for(factories.user())
    wrong = {"code": "ABCDE-FGHJK", **date_boxes("birth_date", person.birth_date)}
    for _ in range(2):
        client.post("/invitation/", wrong)
    right = wrong | {"code": code}
    assert told(client.post("/invitation/", right)) == "3:43 p.m."

    traveller.move_to("2026-11-23T20:42:19Z")
    assert client.post("/invitation/", right).status_code == 429
    traveller.move_to("2026-11-23T20:43:00Z")
    assert client.post("/invitation/", right).url == "/affirm/"


@pytest.mark.parametrize("email", ["rosa@example.org", "nobody@example.org"])
def test_reset_link_opens_at_the_told_minute(traveller, email):
    factories.user("rosa@example.org")
    for _ in range(5):
        assert Client().post(RESET, {"email": email}).status_code == 302
    refused = Client().post(RESET, {"email": email.upper()})
    assert (refused.status_code, told(refused)) == (429, "3:39 p.m.")

    traveller.move_to("2026-11-23T20:38:19Z")
    assert Client().post(RESET, {"email": email}).status_code == 429
    traveller.move_to("2026-11-23T20:39:00Z")
    assert Client().post(RESET, {"email": email}).status_code == 302


@override_settings(ACCOUNT_RATE_LIMITS={"verify": "2/5m/ip"})
def test_page_of_a_card_opens_at_the_told_minute(traveller):
    address = "/verify/unknown/"
    for _ in range(2):
        assert Client().get(address).status_code != 429
    assert told(Client().get(address)) == "3:43 p.m."

    traveller.move_to("2026-11-23T20:42:19Z")
    assert Client().get(address).status_code == 429
    traveller.move_to("2026-11-23T20:43:00Z")
    assert Client().get(address).status_code != 429
