"""Parts of a page that are kept: equal values show the same, and what is a reader's own is put in escaped."""

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from ui import rows

pytestmark = pytest.mark.once

OWN = "own_email=email own_page=page"
HEADER = f'{{% load kept %}}{{% kept "ui/header.html" items=items signed_in=True offers_language=True {OWN} %}}'


def header(*, email="rosa@example.org", page="/home/", items=(), token="t0ken"):
    return Template(HEADER).render(Context({"email": email, "page": page, "items": items, "csrf_token": token}))


@pytest.fixture
def rendered():
    """Return a function that says how many templates were rendered since the test began."""
    before = rows._look.cache_info().misses
    return lambda: rows._look.cache_info().misses - before


def test_two_readers_share_what_is_kept_and_see_their_own(rendered):
    items = ("two readers",)
    first, second = (
        header(items=items),
        header(email="<b>ana@example.org", items=items, token="other", page="/card/?a=1&b=2"),
    )

    assert rendered() == 1
    assert "rosa@example.org" in first and 'value="t0ken"' in first
    assert "&lt;b&gt;ana@example.org" in second and 'value="other"' in second and "rosa" not in second
    assert 'value="/card/?a=1&amp;b=2"' in second


def test_other_values_and_other_languages_are_rendered_anew(rendered):
    english = header(items=("one",))
    with translation.override("es"):
        spanish = header(items=("one",))
    header(items=("one", "more"))

    assert rendered() == 3
    assert "Sign out" in english and "Sign out" not in spanish


def test_a_part_without_a_form_reads_no_token():
    def token():
        raise AssertionError("reading it sets a cookie")

    context = Context({"csrf_token": SimpleLazyObject(token)})
    Template('{% load kept %}{% kept "ui/head_links.html" %}').render(context)
