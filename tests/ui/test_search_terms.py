from datetime import date

import pytest
import time_machine

from ui.search_terms import SearchTerm

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("1234", "1234"),
        ("1000", "1000"),
        ("0142", "0142"),
        ("(203) 555-0142", "2035550142"),
        ("+1 203 555 0142", "2035550142"),
        ("1-203-555-0142", "2035550142"),
        ("203.555.0142 ext. 12", "2035550142"),
        ("203/555\u20110142", "2035550142"),
        ("\u00a0203\u00a0555 0142\u200b", "2035550142"),
        ("12035551", "12035551"),
        ("014", None),
        ("22035550142", None),
        ("Delgado", None),
        ("", None),
    ],
)
def test_a_phone_in_any_form_is_its_last_digits(typed, digits):
    assert SearchTerm(typed).phone_end == digits


SPELLINGS = ["{}-7KQ4-M2XP", "{}7kq4m2xp", " {} 7KQ4 M2XP ", "#{}\u20137KQ4\u2013M2XP", "{}.7kq4.m2xp"]


@pytest.mark.parametrize("kind", "PGCDM")
@pytest.mark.parametrize("spelled", SPELLINGS)
def test_each_kind_of_number_in_any_spelling(kind, spelled):
    for typed in (spelled.format(kind), spelled.format(kind.lower())):
        assert SearchTerm(typed).numbers("PGCDM") == {f"{kind}-7KQ4-M2XP"}


@pytest.mark.parametrize("typed", ["P-7KQ4", "X-7KQ4-M2XP", "P-7KQ0-M2XP", "7KQ4M2XP", "P-7KQ4-M2XPP", "\0", ""])
def test_what_is_no_number_of_ours(typed):
    assert SearchTerm(typed).numbers("PGCDM") == set()


def test_the_letter_of_an_order_may_be_left_out():
    assert SearchTerm("7kq4-m2xp").number("D", needs_letter=False) == "D-7KQ4-M2XP"
    assert SearchTerm("D7kq-m2xp").number("D", needs_letter=False) == "D-D7KQ-M2XP"


@pytest.mark.parametrize(
    "typed",
    ["3/4/1955", "03/04/1955", "3-4-1955", "3.4.1955", "1955-03-04", "March 4, 1955", "Mar 4 1955", "4 march 1955",
     "3/4/55", " 3/4/1955 ", "1955/03/04", "Mar. 4, 1955", "March 4th, 1955"],
)  # fmt: skip
def test_a_birth_date_in_any_form(typed):
    with time_machine.travel(date(2026, 11, 28), tick=False):
        assert (SearchTerm(typed).day, SearchTerm(typed).is_name) == (date(1955, 3, 4), False)


@pytest.mark.parametrize(("typed", "day"), [("3/4/12", date(2012, 3, 4)), ("13/4/1955", None), ("March", None)])
def test_a_short_year_is_one_of_the_last_hundred(typed, day):
    with time_machine.travel(date(2026, 11, 28), tick=False):
        assert SearchTerm(typed).day == day


@pytest.mark.parametrize(
    ("typed", "readings"),
    [
        ("N\u00fa\u00f1ez, Ana", [["nunez", "ana"]]),
        ("Nu\u0301n\u0303ez", [["nunez"]]),
        ("PARK, JUNE DO", [["park", "june", "do"], ["park", "june"]]),
        ("Minh Do", [["minh", "do"]]),
        (" ", []),
    ],
)
def test_a_name_is_read_with_and_without_a_degree(typed, readings):
    assert SearchTerm(typed).readings_of_name == readings


@pytest.mark.parametrize("typed", ["3/4/1955", "1955-03-04", "March 4, 1955"])
def test_a_day_with_signs_is_no_phone(typed):
    assert (SearchTerm(typed).day, SearchTerm(typed).phone_end) == (date(1955, 3, 4), None)
