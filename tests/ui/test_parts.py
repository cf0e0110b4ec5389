"""Parts of pages that are rendered once: `cached_part`, marks and `{% filled %}`."""

import pytest
from django.template import Context, Template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override

from ui.parts import cached_part, mark

pytestmark = pytest.mark.once

FILLED = Template("{% load portal %}{% filled number=number %}{{ part }}{% endfilled %}")


@pytest.fixture
def said():
    """Return a cached part, with a list of the texts for which it was rendered."""
    rendered = []

    @cached_part(most=2)
    def part(text):
        rendered.append(text)
        return format_html("<p>{} {}</p>", gettext("Home"), text)

    return part, rendered


def test_a_part_is_rendered_once_for_each_language_and_text(said):
    part, rendered = said
    assert [part("a"), part("a"), part("b")] == ["<p>Home a</p>", "<p>Home a</p>", "<p>Home b</p>"]
    with override("es"):
        assert part("b") == part("b") == "<p>Inicio b</p>"
    assert rendered == ["a", "b", "b"]


def test_only_the_last_parts_are_kept(said):
    part, rendered = said
    for text in "abca":
        part(text)
    assert rendered == ["a", "b", "c", "a"]


def test_a_text_is_escaped_where_an_equal_one_was_safe(said):
    part, _rendered = said
    assert part(SafeString("<b>")) == "<p>Home <b></p>"
    assert part("<b>") == "<p>Home &lt;b&gt;</p>"


def test_a_mark_is_filled_with_the_escaped_value():
    part = format_html("<i>{}</i>", mark("number"))
    assert FILLED.render(Context({"part": part, "number": '<"1">'})) == "<i>&lt;&quot;1&quot;&gt;</i>"


def test_a_text_that_looks_like_a_mark_is_no_mark():
    part = format_html("<i>{}</i>", "<number>")
    assert FILLED.render(Context({"part": part, "number": 1})) == "<i>&lt;number&gt;</i>"


def test_a_value_that_looks_like_a_mark_is_a_value():
    template = Template("{% load portal %}{% filled a=a b=b %}{{ part }}{% endfilled %}")
    part = format_html("{}{}", mark("a"), mark("b"))
    assert template.render(Context({"part": part, "a": "<b>", "b": 2})) == "&lt;b&gt;2"
