"""DEA numbers, NPIs and Connecticut's credential codes: known ones, and the rules of their digits."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts import rules
from tests import factories


def refused(check, number, words):
    with pytest.raises(rules.AccountsError, match=words) as refusal:
        check(number)
    return refusal.value.field


def npi(start):
    """The nine digits with the one check digit that Luhn's rule over `80840` asks for."""
    return next(start + end for end in "0123456789" if luhn("80840" + start + end) == 0)


def luhn(digits):
    """The textbook's: from the right, every second digit doubled and its digits summed."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    return total % 10


starts = st.from_regex(r"[12][0-9]{8}", fullmatch=True)


@pytest.mark.parametrize("number", ["1234567893", "1245319599"])
def test_check_npi_takes_known_numbers(number):
    rules.check_npi(number)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1234567890", "typing error"),
        ("3234567893", "ten digits"),
        ("123456789", "ten digits"),
        ("12345678933", "ten digits"),
        ("123456789O", "ten digits"),
        ("123456789３", "ten digits"),
        ("", "ten digits"),
    ],
)
def test_check_npi_refuses(number, words):
    assert refused(rules.check_npi, number, words) == "npi"


@given(starts, st.integers(0, 9), st.integers(1, 9))
def test_check_npi_finds_every_wrong_digit(start, place, off):
    right = npi(start)
    rules.check_npi(right)
    wrong = right[:place] + str((int(right[place]) + off) % 10) + right[place + 1 :]
    refused(rules.check_npi, wrong, "NPI")


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
    assert rules.dea_suffix(typed) == suffix
    assert rules.dea_suffix(number) == ""


@given(st.text(max_size=30))
@example("AO1234563-")
def test_any_text_is_taken_or_refused(text):
    for check, normalize in (
        (rules.check_dea_number, rules.normalize_dea_number),
        (rules.check_npi, rules.normalize_credential),
        (rules.check_license_number, rules.normalize_credential),
        (rules.check_csp_number, rules.normalize_credential),
    ):
        with contextlib.suppress(rules.AccountsError):  # and nothing else
            check(normalize(text))
    assert rules.dea_suffix(text) == rules.dea_suffix(text).upper()


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
    assert rules.dea_number_fits_name(number, last_name) is fits


@given(st.integers(0, 999_999))
def test_check_license_number_takes_six_digits(number):
    rules.check_license_number(rules.normalize_credential(f" 1. {number:06d}"))


@pytest.mark.parametrize("code", ["", "034567", "1.34567", "1.0345678", "2.034567", "1-034567", "CSP.0045671"])
def test_check_license_number_refuses(code):
    assert refused(rules.check_license_number, code, "1.034567") == "license_number"


@given(st.integers(0, 9_999_999))
def test_check_csp_number_takes_seven_digits(number):
    rules.check_csp_number(rules.normalize_credential(f"csp. {number:07d}"))


@pytest.mark.parametrize("code", ["", "CSP.045671", "CSP.00456711", "CSP0045671", "1.034567", "PLM.0284801"])
def test_check_csp_number_refuses(code):
    assert refused(rules.check_csp_number, code, "CSP.0045671") == "csp_number"
