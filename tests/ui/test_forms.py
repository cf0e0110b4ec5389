from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from ui.forms import Choice, DateBoxesField, OuncesField, PhoneField, PortalForm, ZipField
from ui.tidy import tidy

pytestmark = pytest.mark.once


class Form(PortalForm):
    name = forms.CharField(label="Legal name", required=False)
    note = forms.CharField(widget=forms.Textarea, required=False, max_length=20)
    email = forms.EmailField(required=False)
    amount = forms.IntegerField(required=False, min_value=1, max_value=9)
    color = forms.ChoiceField(required=False, choices=[("r", Choice("Red", hint="Like a rose"))])
    birth_date = DateBoxesField(label="Date of birth", required=False, past_only=True)
    phone = PhoneField(required=False)
    ounces = OuncesField(required=False)
    zip_code = ZipField(required=False)


def clean(**typed):
    form = Form(typed)
    form.is_valid()
    return form


def born(month="", day="", year=""):
    return clean(birth_date_month=month, birth_date_day=day, birth_date_year=year)


def only_error(form, field):
    assert set(form.errors) == {field}
    return form.errors.as_data()[field][0]


# --- Dates ---------------------------------------------------------------------------------------------------------


def test_date_is_read_from_three_boxes():
    assert born("4", "28", "1986").cleaned_data["birth_date"] == date(1986, 4, 28)
    assert born(" 04 ", "08", "1986").cleaned_data["birth_date"] == date(1986, 4, 8)
    assert born("2", "29", "2024").cleaned_data["birth_date"] == date(2024, 2, 29)
    assert born().cleaned_data["birth_date"] is None


@pytest.mark.parametrize(
    ("typed", "part", "sentence"),
    [
        (("13", "28", "1986"), "month", "Enter a month from 1 to 12"),
        (("0", "28", "1986"), "month", "Enter a month from 1 to 12"),
        (("April", "28", "1986"), "month", "Enter a month from 1 to 12"),
        (("4", "31", "1986"), "day", "April has 30 days"),
        (("2", "30", "1986"), "day", "February 1986 has 28 days"),
        (("2", "30", "1984"), "day", "February 1984 has 29 days"),
        (("1", "32", "1986"), "day", "Enter a day from 1 to 31"),
        (("1", "x", "1986"), "day", "Enter a day from 1 to 31"),
        (("4", "28", "86"), "year", "Enter a year with 4 digits, from 1900 on"),
        (("4", "28", "1899"), "year", "Enter a year with 4 digits, from 1900 on"),
        (("4", "28", "19860"), "year", "Enter a year with 4 digits, from 1900 on"),
        (("4", "28", "1" * 1_000_000), "year", "Enter a year with 4 digits, from 1900 on"),
        (("²", "28", "1986"), "month", "Enter a month from 1 to 12"),
        (("\0", "28", "1986"), "month", "Enter a month from 1 to 12"),
        (("4", "", "1986"), "day", "Enter the day"),
        (("", "", "1986"), "month", "Enter the month and day"),
        (("4", "28", "2086"), "year", "Date of birth must be in the past"),
    ],
)
def test_date_error_names_the_part(typed, part, sentence):
    error = only_error(born(*typed), "birth_date")

    assert error.messages == [sentence]
    assert error.params["part"] == part


@time_machine.travel("2026-11-24T03:00:00Z")  # still November 23 in New York
def test_date_is_compared_with_the_day_in_new_york():
    not_future = DateBoxesField(not_future=True)
    boxes = {"month": "11", "year": "2026"}

    assert not born("11", "22", "2026").errors
    assert only_error(born("11", "23", "2026"), "birth_date").messages == ["Date of birth must be in the past"]
    assert not_future.clean({**boxes, "day": "23"}) == date(2026, 11, 23)
    with pytest.raises(forms.ValidationError, match="must be today or in the past"):
        not_future.clean({**boxes, "day": "24"})


def test_date_that_is_required_asks_for_itself():
    class Required(PortalForm):
        birth_date = DateBoxesField(label="Date of birth")

    assert Required({}).errors["birth_date"] == ["Enter date of birth"]


def test_date_boxes_show_a_wrong_date_as_it_was_typed():
    html = str(born("April", "<b>", "86")["birth_date"])

    assert 'value="April"' in html
    assert 'value="&lt;b&gt;"' in html
    assert 'value="86"' in html


@pytest.mark.parametrize("initial", [date(1986, 4, 28), "1986-04-28", {"month": 4, "day": 28, "year": 1986}])
def test_date_boxes_show_a_date_a_draft_or_parts(initial):
    html = str(Form(initial={"birth_date": initial})["birth_date"])

    assert [f'value="{part}"' in html for part in (4, 28, 1986)] == [True, True, True]


@pytest.mark.parametrize("initial", ["never", "2026-02-30", 7])
def test_date_boxes_are_empty_without_a_date(initial):
    assert 'value=""' in str(Form(initial={"birth_date": initial})["birth_date"])


# --- Phones, ounces, ZIP codes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["(203) 555-0142", "203-555-0142", "2035550142", "203.555.0142", "+1 203 555 0142", " 1-203-555-0142 "]
)
def test_phone_becomes_e164(typed):
    assert clean(phone=typed).cleaned_data["phone"] == "+12035550142"


@pytest.mark.parametrize(
    "typed",
    ["203-555-014", "203-555-01422", "555-0142", "203-555-0142 ext. 5", "call me", "123 456 7890"],
)
def test_phone_that_is_none(typed):
    form = clean(phone=typed)

    assert only_error(form, "phone").messages == ["Enter a 10-digit phone number, like (203) 555-0142"]
    assert f'value="{typed}"' in str(form["phone"])


@pytest.mark.parametrize(
    "typed",
    [
        "787-555-0142",  # Puerto Rico
        "939-555-0142",  # Puerto Rico
        "340-555-0142",  # United States Virgin Islands
        "671-555-0142",  # Guam
        "670-555-0142",  # Northern Mariana Islands
        "684-633-0142",  # American Samoa
        "800-555-0142",
        "959-999-0142",  # Connecticut's newest area code
    ],
)
def test_phone_of_the_united_states_or_a_territory(typed):
    assert clean(phone=typed).cleaned_data["phone"] == "+1" + typed.replace("-", "")


@pytest.mark.parametrize(
    "typed",
    [
        "416-555-0142",  # Toronto
        "604-555-0142",  # Vancouver
        "876-555-1234",  # Jamaica
        "658-212-3456",  # Jamaica
        "809-555-0142",  # Dominican Republic
        "829-555-0142",  # Dominican Republic
        "242-357-0142",  # Bahamas
        "900-555-0142",  # charges the caller
        "500-555-0142",  # follows a person around
        "+44 20 7946 0000",
        "+52 55 1234 5678",
    ],
)
def test_phone_that_is_elsewhere_or_charges(typed):
    form = clean(phone=typed)

    assert only_error(form, "phone").messages[0].startswith("Enter a number of the United States or its territories")
    assert f'value="{typed}"' in str(form["phone"])


def test_phone_that_we_hold_is_shown_as_people_write_it():
    assert 'value="(203) 555-0142"' in str(Form(initial={"phone": "+12035550142"})["phone"])


@pytest.mark.parametrize(
    ("typed", "ounces"), [("2.5", "2.50"), ("3", "3"), (".5", "0.5"), ("2.25 oz", "2.25"), ("0.01", "0.01")]
)
def test_ounces(typed, ounces):
    assert clean(ounces=typed).cleaned_data["ounces"] == Decimal(ounces)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("lots", "Enter ounces as a number, like 2.5"),
        ("2,5", "Enter ounces as a number, like 2.5"),
        ("1e5", "Enter ounces as a number, like 2.5"),
        ("NaN", "Enter ounces as a number, like 2.5"),
        (".", "Enter ounces as a number, like 2.5"),
        ("9" * 1_000_000, "Enter ounces as a number, like 2.5"),
        ("1234", "Enter ounces as a number, like 2.5"),
        ("2.255", "Enter ounces with at most 2 decimals, like 2.25"),
        ("0", "Enter more than 0 ounces"),
        ("-1", "Enter more than 0 ounces"),
    ],
)
def test_ounces_that_are_none(typed, sentence):
    assert only_error(clean(ounces=typed), "ounces").messages[0] == sentence


@pytest.mark.parametrize(("typed", "code"), [("06510", "06510"), ("06510-1234", "06510"), (" 06510 ", "06510")])
def test_zip_code(typed, code):
    assert clean(zip_code=typed).cleaned_data["zip_code"] == code


@pytest.mark.parametrize("typed", ["6510", "0651O", "065100", "०६५१०", "New Haven"])
def test_zip_code_that_is_none(typed):
    assert only_error(clean(zip_code=typed), "zip_code").messages == ["Enter a 5-digit ZIP code, like 06510"]


# --- Texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        ("  Rosa \u00a0 Delgado\t", "Rosa Delgado"),
        ("Jose\u0301", "José"),
        ("O\u2019Brien-Núñez", "O\u2019Brien-Núñez"),
        ("Ro\u200bsa\u202e", "Rosa"),
        ("مريم", "مريم"),
        ("👩\u200d⚕️", "👩\u200d⚕️"),
        ("Ro\x07sa", "Rosa"),
        (" \u200b ", ""),
    ],
)
def test_texts_are_tidied(typed, tidied):
    assert clean(name=typed).cleaned_data["name"] == tidied


def test_lines_of_a_text_stay():
    assert clean(note=" one  two \r\nthree ").cleaned_data["note"] == "one  two\nthree"


def test_password_is_not_tidied():
    class Secret(PortalForm):
        password = forms.CharField(strip=False, widget=forms.PasswordInput)

    form = Secret({"password": "  two  spaces "})

    assert form.is_valid()
    assert form.cleaned_data["password"] == "  two  spaces "
    assert "two" not in str(form)


def test_nul_bytes_get_a_sentence():
    form = clean(name="Ro\0sa")

    assert only_error(form, "name").messages == ["Some characters here cannot be read. Type the text again."]


def test_a_text_of_one_megabyte_gets_a_sentence_and_stays():
    form = clean(name="x" * 1_000_000)

    assert only_error(form, "name").messages == ["Shorten this to 200 characters or fewer. It has 1000000."]
    assert "x" * 1_000_000 in str(form["name"])


def test_a_limit_of_its_own_is_said_and_nothing_is_cut_off_in_the_browser():
    form = clean(note="x" * 21)

    assert only_error(form, "note").messages == ["Shorten this to 20 characters or fewer. It has 21."]
    assert "maxlength" not in str(form)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "rosa.example.org", "Enter an email address with an @, like name@example.com"),
        ("amount", "abc", "Enter a whole number, like 2"),
        ("amount", "1.5", "Enter a whole number, like 2"),
        ("amount", "0", "Enter 1 or more."),
        ("amount", "-1", "Enter 1 or more."),
        ("amount", "1000000", "Enter 9 or less."),
        ("amount", "9" * 5000, "Enter a whole number, like 2"),
        ("color", "blue" * 1000, "Choose one of the answers in the list."),
        ("color", "\0", "Choose one of the answers in the list."),
    ],
)
def test_sentences_are_plain(field, typed, sentence):
    assert only_error(clean(**{field: typed}), field).messages == [sentence]


def test_required_sentences_say_what_to_do():
    class Required(PortalForm):
        name = forms.CharField(label="Legal first name")
        dea_number = forms.CharField(label="DEA number")
        mail = forms.EmailField()
        color = forms.ChoiceField(label="Color", choices=[("r", "Red")])
        agreed = forms.BooleanField(label="I agree")
        own = forms.CharField(error_messages={"required": "Say it"})

    assert [messages[0] for messages in Required({}).errors.values()] == [
        "Enter legal first name",
        "Enter DEA number",
        "Enter an email address, like name@example.com",
        "Choose an answer: color",
        "Tick the box to go on: I agree",
        "Say it",
    ]


@given(
    st.dictionaries(
        st.sampled_from([*Form.base_fields, "birth_date_month", "birth_date_day", "birth_date_year"]), st.text()
    )
)
def test_no_text_breaks_a_form(typed):
    form = Form(typed)
    form.is_valid()
    str(form)


@given(st.text())
def test_tidying_twice_changes_nothing(text):
    for multiline in (False, True):
        once = tidy(text, multiline=multiline)
        assert tidy(once, multiline=multiline) == once


@pytest.mark.parametrize(
    ("typed", "changed"),
    [({"month": "3", "day": "4", "year": "2026"}, False), ({"month": "03", "day": "04", "year": "2026"}, False),
     ({"month": "3", "day": "5", "year": "2026"}, True), ({"month": "", "day": "", "year": ""}, True)],
)  # fmt: skip
def test_a_date_that_is_sent_back_as_it_was_has_not_changed(typed, changed):
    assert DateBoxesField().has_changed(date(2026, 3, 4), typed) is changed
    assert DateBoxesField().has_changed(None, dict.fromkeys(typed, "")) is False
