"""The markup of forms on which screen readers rely."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.core.exceptions import ValidationError

from ui.forms import (
    CardRadioSelect,
    Choice,
    ColumnCheckboxSelect,
    DateBoxesField,
    DigitsPasswordInput,
    PhoneField,
    PortalForm,
)

pytestmark = pytest.mark.once


class Profile(PortalForm):
    autocomplete = {"phone": "tel"}
    needed = {"email"}
    narrow = {"unit"}

    name = forms.CharField(label="Legal name", help_text="As on the photo ID")
    birth_date = DateBoxesField(label="Date of birth", help_text="For example: 4 28 1986")
    phone = PhoneField(label="Phone")
    email = forms.EmailField(label="Email", required=False)
    unit = forms.CharField(label="Unit", required=False)
    ssn_last_four = forms.CharField(label="Last four", widget=DigitsPasswordInput)
    window = forms.ChoiceField(
        label="Window",
        widget=CardRadioSelect,
        choices=[
            (
                "November 25",
                [(7, Choice("Morning", hint="3 left")), (8, Choice("Afternoon", hint="Full", disabled=True))],
            )
        ],
    )
    conditions = forms.MultipleChoiceField(widget=ColumnCheckboxSelect, choices=[("c", "Cancer")])
    agreed = forms.BooleanField(label="I agree", help_text="You may change your mind.")
    key = forms.CharField(widget=forms.HiddenInput)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append({"tag": tag, **dict(attrs)})

    def handle_data(self, data):
        self.texts.append(data.strip())

    def __call__(self, **wanted):
        wanted = {key.replace("_", "-") if key.startswith("aria") else key: value for key, value in wanted.items()}
        return [element for element in self.found if wanted.items() <= element.items()]

    def only(self, **wanted):
        (element,) = self(**wanted)
        return element

    @property
    def ids(self):
        return [element["id"] for element in self.found if element.get("id")]


@pytest.fixture
def blank():
    return Elements(str(Profile()))


@pytest.fixture
def failed():
    typed = {"name": "", "birth_date_month": "4", "birth_date_day": "31", "birth_date_year": "1986", "phone": "203-55"}
    return Elements(str(Profile({**typed, "ssn_last_four": "1234"})))


def test_a_blank_form_has_no_errors(blank):
    assert not blank(id="error-summary")
    assert not blank(aria_invalid="true")


def test_ids_are_unique_and_every_reference_has_one(blank, failed):
    for page in (blank, failed):
        assert len(page.ids) == len(set(page.ids))
        for element in page.found:
            for reference in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
                assert set(element.get(reference, "").split()) <= set(page.ids), element


def test_error_summary_can_be_focused_and_links_to_the_exact_box(failed):
    summary = failed.only(id="error-summary")
    links = [link["href"] for link in failed(tag="a")]

    assert summary["tabindex"] == "-1"
    assert summary["role"] == "alert"
    assert links == [
        "#id_name",
        "#id_birth_date_day",
        "#id_phone",
        "#id_window_0_0",
        "#id_conditions_0",
        "#id_agreed",
    ]
    assert {link[1:] for link in links} <= set(failed.ids)


def test_error_is_said_in_the_summary_and_beside_the_field(failed):
    assert failed.texts.count("April has 30 days") == 2
    assert failed.texts.count("Enter a 10-digit phone number, like (203) 555-0142") == 2


def test_box_is_described_by_its_hint_and_its_error(failed):
    assert failed.only(id="id_name")["aria-describedby"] == "id_name_helptext id_name_error"
    assert failed.only(id="id_name")["aria-invalid"] == "true"
    assert "usa-input--error" in failed.only(id="id_name")["class"]


def test_only_the_wrong_box_of_a_date_is_marked(failed):
    day, year = failed.only(id="id_birth_date_day"), failed.only(id="id_birth_date_year")

    assert day["aria-describedby"] == "id_birth_date_error id_birth_date_day_hint"
    assert day["aria-invalid"] == "true"
    assert day["value"] == "31"
    assert year["aria-describedby"] == "id_birth_date_year_hint"
    assert "aria-invalid" not in year


def test_date_boxes_have_names_keypads_and_a_group(blank):
    boxes = blank(inputmode="numeric", type="text")

    assert [box["name"] for box in boxes] == ["birth_date_month", "birth_date_day", "birth_date_year"]
    assert blank(tag="fieldset", aria_describedby="id_birth_date_helptext")


def test_a_form_may_point_at_one_box():
    form = Profile({"birth_date_month": "4", "birth_date_day": "1", "birth_date_year": "2020"})
    form.add_error("birth_date", ValidationError("Under 18", params={"part": "year"}))

    assert ("id_birth_date_year", "Under 18") in list(form["birth_date"].error_links)


def test_an_error_of_the_whole_form_is_in_the_summary():
    form = Profile({})
    form.add_error(None, "Call us <now>")

    assert "<li>Call us &lt;now&gt;</li>" in str(form)


def test_optional_fields_say_so(blank):
    assert blank.texts.count("(optional)") == 1  # the unit; the e-mail is asked for in clean()


def test_secret_digits_are_masked_offered_a_button_and_never_sent_back(failed):
    box = failed.only(id="id_ssn_last_four")

    assert box["type"] == "password"
    assert box["inputmode"] == "numeric"
    assert "value" not in box
    assert failed.only(tag="button")["data-reveal"] == "id_ssn_last_four"
    assert "hidden" in failed.only(tag="button")  # without JavaScript it would do nothing


def test_autocomplete_is_off_unless_named(blank):
    assert blank.only(id="id_phone")["autocomplete"] == "tel"
    assert blank.only(id="id_name")["autocomplete"] == "off"
    assert blank.only(id="id_birth_date_year")["autocomplete"] == "off"


def test_what_no_browser_fills_in_has_no_autocomplete(blank):
    for kind in ("checkbox", "radio", "hidden"):
        boxes = blank(tag="input", type=kind)
        assert boxes and not [box for box in boxes if "autocomplete" in box]


def test_birthday_of_oneself_gets_its_tokens():
    class Own(PortalForm):
        autocomplete = {"birth_date": "bday"}
        birth_date = DateBoxesField()

    assert Elements(str(Own())).only(id="id_birth_date_year")["autocomplete"] == "bday-year"


def test_choices_are_cards_with_a_group_and_a_line_under_each(blank):
    morning, afternoon = blank(name="window")

    assert morning["class"] == "usa-radio__input"
    assert "disabled" in afternoon
    assert "disabled" not in morning
    assert blank(role="group", aria_labelledby="id_window_group_0")
    assert "3 left" in blank.texts
    assert blank.only(name="conditions")["class"] == "usa-checkbox__input"


def test_narrow_and_hidden_fields(blank):
    assert blank.only(id="id_unit")["class"] == "usa-input usa-input--narrow"
    assert "class" not in blank.only(name="key")


def test_a_form_of_others_gets_the_same_markup():
    class Theirs(forms.Form):
        email = forms.EmailField(widget=forms.EmailInput(attrs={"placeholder": "Email", "class": "wide"}))

    box = Elements(str(Theirs())).only(id="id_email")

    assert box["class"] == "wide usa-input"
    assert "placeholder" not in box
    assert Theirs({}).errors["email"] == ["Enter an email address, like name@example.com"]
