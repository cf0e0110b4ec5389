"""DEA numbers, NPIs and Connecticut's credential codes: known ones, and the rules of their digits."""

import contextlib
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts import rules
from accounts.models import Registration
from tests import factories


def refused(check, number, words):
    with pytest.raises(rules.AccountsError, match=words) as refusal:
        check(number)
    return refusal.value.field


@pytest.mark.parametrize("number", ["AP5836727", "F91234563"])
def test_check_dea_number_takes_known_numbers(number):
    rules.check_dea_number(number)


@given(st.integers(0, 999_999), st.sampled_from("ABFG"), st.integers(0, 6), st.integers(1, 9))
@example(583_672, "A", 6, 1)
def test_check_dea_number_finds_a_wrong_digit(sequence, kind, place, off):
    right = factories.dea_number(sequence or 1, f"{kind}P")
    rules.check_dea_number(right)
    digits = right[2:]
    wrong = digits[:place] + str((int(digits[place]) + off) % 10) + digits[place + 1 :]
    # A digit that counts twice may be off by five unseen: 2 * 5 ends in nought.
    if place in (1, 3, 5) and off == 5:
        rules.check_dea_number(right[:2] + wrong)
    else:
        refused(rules.check_dea_number, right[:2] + wrong, "typing error")


@given(st.integers(1, 999_999), st.from_regex(r"[0-9A-Z]{1,6}", fullmatch=True), st.booleans())
def test_a_dea_number_is_found_under_spaces_case_and_suffix(sequence, suffix, lower):
    number = factories.dea_number(sequence)
    typed = f" {number[:2]} {number[2:]} -{suffix} "
    typed = typed.lower() if lower else typed

    assert rules.normalize_dea_number(typed) == number
    assert rules.split_dea_number(typed) == (number, suffix)
    assert rules.split_dea_number(number) == (number, "")


@given(st.text(max_size=30))
@example("AO1234563-")
def test_any_text_is_taken_or_refused(text):
    for check, normalize in (
        (rules.check_dea_number, rules.normalize_dea_number),
        (rules.check_npi, str),
        *(
            (partial(rules.check_registration_number, kind), partial(rules.normalize_registration_number, kind))
            for kind in Registration.Kind
        ),
    ):
        with contextlib.suppress(rules.AccountsError):  # and nothing else
            check(normalize(text))


@pytest.mark.parametrize(
    ("number", "last_name", "fits"),
    [
        ("AO1234563", "Osei", True),
        ("AO1234563", "osei", True),
        ("FN3456781", "Ńowak", True),
        ("F91234563", "Osei", True),
        ("BC2345672", "Osei", False),
        ("BC2345672", "", False),
    ],
)
def test_the_second_letter_is_the_initial_or_9(number, last_name, fits):
    assert rules.dea_letter_fits(number, last_name) is fits
