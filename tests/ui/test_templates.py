import re

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import reverse

from mmp_portal.required import phone_of
from tests.guard import BASE_DIR
from tests.mails import delivered
from ui.context import dispensary

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", ["403", "403_csrf", "404", "413", "429"])
def test_error_pages_give_the_phone_and_a_way_on(rf, code):
    request = rf.get("/")
    request.user = AnonymousUser()
    html = get_template(f"{code}.html").render(request=request)

    assert html.count("<h1>") == 1
    assert 'href="tel:+12035550100"' in html
    assert "(203) 555-0100" in html


@pytest.mark.parametrize(
    ("code", "heading"), [("400", "We could not read that"), ("500", "Something went wrong on our side")]
)
def test_pages_of_last_resort_need_no_context(code, heading):
    html = get_template(f"{code}.html").render()

    assert f"<h1>{heading}</h1>" in html
    assert 'href="/"' in html


def test_dispensary_is_known_to_every_page(settings):
    settings.DISPENSARY_PHONE = "+18605550100"

    assert dispensary(RequestFactory().get("/"))["dispensary"].phone == "+18605550100"


@pytest.mark.django_db
def test_sign_in_page_works_without_scripts_or_styles_in_it(client):
    html = client.get(reverse("account_login")).content.decode()

    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\w+=", html)
    assert html.index("Skip to main content") < html.index("<h1>")
    assert html.count("<h1>") == 1


@pytest.mark.django_db
def test_failed_form_says_so_in_the_title(client):
    html = client.post(reverse("account_login"), {"login": "rosa"}).content.decode()

    assert "<title>Error: Sign in" in html
    assert 'href="#id_login"' in html
    assert 'value="rosa"' in html


def sign_up(client):
    typed = {"email": "Rosa@Example.org", "password1": "correct horse battery"}
    response = client.post(reverse("account_signup"), typed, follow=True)
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())


@pytest.mark.django_db
@time_machine.travel("2026-11-23T15:00:00Z", tick=False)
def test_check_your_mail_is_the_same_page_for_a_new_and_a_known_address():
    new = sign_up(Client())
    cache.clear()
    known = sign_up(Client())

    assert "We sent a mail to rosa@example.org." in new
    assert new == known
    assert [message.subject for message in delivered()] == ["Confirm your email address", "You have an account already"]


def test_every_rule_of_the_admins_styles_is_closed():
    """Browsers drop what follows an open rule without a word."""
    text = (BASE_DIR / "static/css/admin.css").read_text()
    selectors = re.findall(r"^(?![ }@/]).*{$", text, re.M)
    assert len(selectors) == len(re.findall(r"^(?![ }@/]).*{\n(?: .*\n)+}$", text, re.M))
    assert text.count("{") == text.count("}")


def test_links_that_call_hold_a_number_that_a_phone_can_dial():
    """A number of the database would be written as people read it, with a space, which no address may hold."""
    called = {
        (path.name, word)
        for path in (BASE_DIR / "templates").rglob("*.html")
        for word in re.findall(r'href="tel:([^"]*)"', path.read_text())
    }
    assert len(called) > 20
    of_settings = {"{{ dispensary.phone }}", "{{ dispensary_phone }}", "{{ link }}"}
    assert [each for each in called if each[1] not in of_settings and not each[1].endswith(".as_e164 }}")] == []


@pytest.mark.parametrize("words", ["(203) 555-0100", "203.555.0100", "+1 203 555 0100", "+12035550100"])
def test_the_phone_of_the_dispensary_may_be_written_in_any_way(words):
    assert phone_of(words) == "+12035550100"


@pytest.mark.parametrize("words", ["ask at the counter", "555", "(203) 555-0100 ext. 4"])
def test_a_wrong_phone_of_the_dispensary_stops_the_start(words):
    with pytest.raises(ImproperlyConfigured, match="DISPENSARY_PHONE"):
        phone_of(words)
