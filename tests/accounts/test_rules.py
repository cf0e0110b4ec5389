from contextlib import suppress
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.actions import set_registration
from accounts.models import Physician
from tests import factories

TODAY = date(2026, 11, 23)


# --- DEA number -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["AP5836727", "F91234563", "BT0000012"])
def test_check_dea_number_accepts(number):
    rules.check_dea_number(number)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("AB1234569", "typing error"),
        ("AP5836728", "typing error"),
        ("MJ1234563", "mid-level"),
        ("PJ1234563", "does not belong to a practitioner"),
        ("", "two letters and seven digits"),
        ("AP583672", "two letters and seven digits"),
        ("AP58367271", "two letters and seven digits"),
        ("A15836727", "two letters and seven digits"),
        ("AP583672٧", "two letters and seven digits"),
        ("AP5836727\n", "two letters and seven digits"),
        ("\x00P5836727", "two letters and seven digits"),
    ],
)
def test_check_dea_number_refuses(number, why):
    with pytest.raises(rules.DeaNumberError, match=why) as refused:
        rules.check_dea_number(number)

    assert refused.value.field == "dea_number"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("ap 5836727", "AP5836727"),
        (" AP-5836727 ", "AP5836727"),
        ("AP5836727-001AB", "AP5836727"),
        ("ap5836727 - 001ab", "AP5836727"),
        ("AP58367271", "AP58367271"),
    ],
)
def test_normalize_dea_number_keeps_the_number(typed, number):
    assert rules.normalize_dea_number(typed) == number


def test_split_dea_number_keeps_the_suffix():
    assert rules.split_dea_number(" ap 583-6727-001ab ") == ("AP5836727", "001AB")
    assert rules.split_dea_number("AP5836727") == ("AP5836727", "")


@pytest.mark.parametrize(
    ("number", "name", "fits"),
    [("AP5836727", "Park", True), ("AP5836727", "Osei", False), ("F91234563", "Osei", True), ("AN1", "Ñúñez", True)],
)
def test_dea_letter_fits_the_last_name_or_a_business(number, name, fits):
    assert rules.dea_letter_fits(number, name) is fits


# --- NPI, license, registration -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1234567893", "1245319599"])
def test_check_npi_lets_known_numbers_through(number):
    rules.check_npi(number)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("1234567890", "typing error"),
        ("3234567893", "begin with 1 or 2"),
        ("123456789", "ten digits"),
        ("12345678933", "ten digits"),
        ("12345O7893", "ten digits"),
        ("١٢٣٤٥٦٧٨٩٣", "ten digits"),
        ("", "ten digits"),
    ],
)
def test_check_npi_names_the_error(number, why):
    with pytest.raises(rules.NpiError, match=why) as refused:
        rules.check_npi(number)

    assert refused.value.field == "npi"


@given(body=st.from_regex(r"[12][0-9]{8}", fullmatch=True), wrong=st.integers(1, 9))
def test_check_npi_lets_exactly_one_last_digit_through(body, wrong):
    let_through = []
    for digit in range(10):
        with suppress(rules.NpiError):
            rules.check_npi(f"{body}{digit}")
            let_through.append(digit)

    [digit] = let_through
    with pytest.raises(rules.NpiError):
        rules.check_npi(f"{body}{(digit + wrong) % 10}")


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        ("medical_license", "1.034567", "1.034567"),
        ("medical_license", " 034567 ", "1.034567"),
        ("medical_license", "1. 034 567", "1.034567"),
        ("controlled_substance", "CSP.0012345", "CSP.0012345"),
        ("controlled_substance", "0012345", "CSP.0012345"),
        ("controlled_substance", "csp 0012345", "CSP.0012345"),
        ("controlled_substance", "csp-0012345", "CSP.0012345"),
        ("dea", "ap 5836727-001ab", "AP5836727"),
        ("prescription_monitoring", "", ""),
    ],
)
def test_check_registration_number_takes_any_spelling(kind, typed, number):
    normalized = rules.normalize_registration_number(kind, typed)

    rules.check_registration_number(kind, normalized)
    assert normalized == number


@pytest.mark.parametrize(
    ("kind", "typed", "why"),
    [
        ("medical_license", "34567", "six digits"),
        ("medical_license", "2.034567", "six digits"),
        ("medical_license", "1.03456O", "six digits"),
        ("controlled_substance", "CSP.012345", "seven digits"),
        ("controlled_substance", "012345", "seven digits"),
        ("controlled_substance", "DEA.0012345", "seven digits"),
        ("dea", "MJ1234563", "mid-level"),
    ],
)
def test_check_registration_number_names_the_error(kind, typed, why):
    with pytest.raises(rules.AccountsError, match=why) as refused:
        rules.check_registration_number(kind, rules.normalize_registration_number(kind, typed))

    assert refused.value.field == "number"


# --- Digests --------------------------------------------------------------------------------------------------------


def test_ssn_digest_differs_by_number_and_by_pepper():
    digests = {
        rules.ssn_digest("AP5836727", "1234"),
        rules.ssn_digest("F91234563", "1234"),
        rules.ssn_digest("AP5836727", "1235"),
        rules.ssn_digest("AP5836727", "1234", "another pepper"),
    }

    assert len(digests) == 4
    assert {len(digest) for digest in digests} == {64}


def test_ssn_digits_match_under_an_older_pepper(settings):
    digest = rules.ssn_digest("AP5836727", "1234")
    settings.SSN_PEPPERS = ["newer", *settings.SSN_PEPPERS]

    assert rules.ssn_digits_match("AP5836727", "1234", digest)
    assert not rules.ssn_digits_match("AP5836727", "4321", digest)
    assert not rules.ssn_digits_match("AP5836727", "1234", "")


def test_dea_digest_is_keyed(settings):
    before = rules.dea_digest("AP5836727")
    settings.SSN_PEPPERS = ["another pepper"]

    assert rules.dea_digest("AP5836727") != before


# --- Eligibility ----------------------------------------------------------------------------------------------------


def met(physician, today):
    return {requirement.name: requirement.met for requirement in rules.eligibility(physician, today)}


@pytest.mark.django_db
def test_eligibility_names_the_five_requirements_in_the_brief_s_order():
    assert list(met(factories.physician(), timezone.localdate()).items()) == [
        ("medical_license", True),
        ("practice", True),
        ("controlled_substance", True),
        ("dea", True),
        ("prescription_monitoring", True),
    ]


@pytest.mark.django_db
def test_eligibility_of_a_number_that_is_only_named():
    physician = factories.physician(registrations_over={"dea": {"expires_date": None, "is_active": False}})

    (missing,) = [
        requirement for requirement in rules.eligibility(physician, timezone.localdate()) if not requirement.met
    ]

    assert (missing.name, "not yet confirmed" in missing.sentence, missing.valid_through) == ("dea", True, None)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["medical_license", "controlled_substance", "dea", "prescription_monitoring"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (None, "Not on record."),
        ({"is_active": False}, "not active"),
        ({"is_limited": True}, "subject to a limitation"),
        ({"expires_date": date(2020, 1, 1)}, "it has ended"),
    ],
)
def test_eligibility_of_a_registration(kind, change, sentence):
    physician = factories.physician(registrations_over={kind: change})

    missing = [requirement for requirement in rules.eligibility(physician, timezone.localdate()) if not requirement.met]

    assert [requirement.name for requirement in missing] == [kind]
    assert sentence in missing[0].sentence


@pytest.mark.django_db
def test_eligibility_of_a_practice_outside_connecticut():
    physician = factories.physician(practice_state="NY")

    assert [name for name, is_met in met(physician, timezone.localdate()).items() if not is_met] == ["practice"]


@pytest.mark.django_db
def test_a_registration_counts_until_the_day_before_its_end():
    physician = factories.physician(registrations_over={"dea": {"expires_date": TODAY}})

    assert met(physician, TODAY - timedelta(days=1))["dea"] is True
    assert met(physician, TODAY)["dea"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "soon"), [(1, True), (60, True), (61, False)])
def test_a_registration_ends_soon_within_60_days(days, soon):
    over = {"dea": {"expires_date": TODAY + timedelta(days=days)}}
    physician = factories.physician(registrations_over=over)

    dea = rules.eligibility(physician, TODAY)[3]

    assert (dea.ends_soon, dea.valid_through) == (soon, TODAY + timedelta(days=days - 1))


@pytest.mark.django_db
def test_a_requirement_shows_the_last_three_of_a_number():
    physician = factories.physician(dea_number="AP5836727", registrations_over={"dea": {"number": "AP5836727"}})
    license_, practice, _, dea, monitoring = rules.eligibility(physician, timezone.localdate())

    assert dea.masked_number == "••••••727"
    assert (practice.masked_number, monitoring.masked_number) == ("", "")
    assert (practice.valid_through, practice.checked_date) == (None, None)
    assert (monitoring.valid_through, license_.checked_date) == (None, timezone.localdate())


@pytest.mark.django_db
def test_check_physician_is_eligible_names_all_that_is_missing():
    over = {"dea": {"is_limited": True}, "prescription_monitoring": None}
    physician = factories.physician(practice_state="NY", registrations_over=over)

    with pytest.raises(rules.NotEligible) as refused:
        rules.check_physician_is_eligible(physician, today=timezone.localdate())

    for name in ("practice", "dea", "prescription_monitoring"):
        assert str(rules.REQUIREMENT_LABELS[name]) in str(refused.value)
    assert str(rules.REQUIREMENT_LABELS["medical_license"]) not in str(refused.value)


@pytest.mark.parametrize("status", [Physician.Status.SUSPENDED, Physician.Status.LEFT])
def test_check_physician_is_eligible_refuses_an_unverified_physician(status):
    with pytest.raises(rules.NotEligible, match="call the program"):
        rules.check_physician_is_eligible(Physician(status=status), today=TODAY)


@pytest.mark.django_db
def test_check_may_sign_accepts_the_physician_s_own_account_alone():
    physician = factories.identified_physician()
    today = timezone.localdate()

    rules.check_may_sign(physician, by=physician.user, today=today)
    for somebody in (None, factories.delegate(physician), factories.identified_physician().user, factories.staff()):
        with pytest.raises(rules.MayNotSign, match="Only the certifying physician"):
            rules.check_may_sign(physician, by=somebody, today=today)


@pytest.mark.django_db
def test_check_may_sign_refuses_an_unbound_physician_s_nobody():
    with pytest.raises(rules.MayNotSign):
        rules.check_may_sign(factories.physician(), by=SimpleNamespace(pk=7), today=timezone.localdate())


@pytest.mark.django_db
def test_check_may_sign_refuses_a_physician_who_is_not_eligible():
    physician = factories.identified_physician()
    set_registration(physician=physician, kind="dea", is_limited=True, expires_date=date(2030, 1, 1), by=None)

    with pytest.raises(rules.NotEligible, match="DEA"):
        rules.check_may_sign(physician, by=physician.user, today=timezone.localdate())
