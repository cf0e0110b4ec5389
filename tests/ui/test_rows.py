"""Rows of long lists are the template's, whatever the values are."""

import pytest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import override

from ui.rows import MARK, filled

TAG = "ui/status_tag.html"


def test_values_are_escaped_unless_they_are_safe():
    for label in ("<b>&", MARK, "", 7, mark_safe("<i>good</i>")):
        assert filled(TAG, {"label": label}, kind="good") == render_to_string(TAG, {"label": label, "kind": "good"})


def test_a_value_never_takes_the_place_of_another():
    mark = f"{MARK}x{b'kind'.hex()}x"
    first = filled(TAG, {"label": mark, "kind": "<"})
    assert first == render_to_string(TAG, {"label": mark, "kind": "<"})


@pytest.mark.parametrize(("language", "again"), [("en", "Order again"), ("es", "Pedir otra vez")])
def test_each_language_and_look_has_its_words(language, again):
    with override(language):
        for has_name in (True, False):
            row = filled("delivery/_order_row.html", ORDER, has_name=has_name, kind="good", label="Delivered")
            assert again in row and ("Rosa &amp; Co" in row) == has_name
            assert 'action="/delivery/orders/D-7KQ4-M2XP/again/"' in row and 'value="made-up"' in row


ORDER = {
    "number": "D-7KQ4-M2XP", "patient": "Rosa & Co", "day": "Monday", "starts": "9 a.m.", "ends": "noon",
    "total": "$5.00", "csrf_token": "made-up",
}  # fmt: skip
