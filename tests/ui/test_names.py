import pytest
from django.core.exceptions import ValidationError

from accounts.forms import ApplicationForm
from certification.forms.amending import AmendIdentityForm
from certification.forms.office import AssignForm, letter_fields
from certification.forms.people import CaregiverForm, ProfileForm
from ui.names import NameField, SuffixField
from ui.text import search_name

pytestmark = pytest.mark.once

# (typed, kept, what a search compares)
NAMES = [
    ("‘t Hooft", "'t Hooft", "t hooft"),
    ("O´Brien", "O'Brien", "obrien"),
    ("O`Brien", "O'Brien", "obrien"),
    ("O’Brien", "O'Brien", "obrien"),
    ("O′Brien", "O'Brien", "obrien"),
    ("Kaʻahumanu", "Ka'ahumanu", "kaahumanu"),
    ("Anne–Marie", "Anne-Marie", "anne marie"),
    ("Anne—Marie", "Anne-Marie", "anne marie"),
    ("Anne−Marie", "Anne-Marie", "anne marie"),
    ("Anne‑Marie", "Anne-Marie", "anne marie"),
    ("Gal·la", "Gal·la", "galla"),
    ("Gal‧la", "Gal·la", "galla"),
    ("Gaŀla", "Gaŀla", "galla"),
    ("José Núñez, Jr.", "José Núñez, Jr.", "jose nunez, jr."),
    ("李", "李", "李"),
]


@pytest.mark.parametrize(("typed", "kept", "searched"), NAMES)
def test_a_name_is_kept_with_plain_signs(typed, kept, searched):
    assert NameField().clean(typed) == kept
    assert search_name(typed) == search_name(kept) == searched


@pytest.mark.parametrize("typed", ["R0sa", "Rosa <b>", "Rosa/Delgado", "“Rosa”", "-", "'", "·", "2nd", "Rosa 🌿"])
def test_a_name_has_no_other_signs(typed):
    with pytest.raises(ValidationError):
        NameField().clean(typed)


@pytest.mark.parametrize("typed", ["Jr.", "Jr", "III", "2nd", "3rd", "4th", "2nd.", "2do", "2º", "3ero", "Jr., 2nd"])
def test_a_suffix_may_be_an_ordinal(typed):
    assert SuffixField().clean(typed) == typed


@pytest.mark.parametrize("typed", ["2", "22", "0nd", "123rd", "2nd 7", "Jr2", "@", "1.034567"])
def test_a_suffix_is_no_other_number(typed):
    with pytest.raises(ValidationError, match=r"like Jr\., III or 2nd"):
        SuffixField().clean(typed)


@pytest.mark.parametrize(
    "fields",
    [form.base_fields for form in (ApplicationForm, AmendIdentityForm, AssignForm, CaregiverForm, ProfileForm)]
    + [letter_fields(has_file=False)],
)
def test_every_form_asks_for_names_in_the_same_field(fields):
    names = {"first_name", "middle_name", "last_name", "suffix", "writer"} & fields.keys()
    assert names and all(isinstance(fields[name], NameField) for name in names)
