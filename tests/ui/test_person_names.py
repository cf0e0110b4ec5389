import pytest

from ui.person_names import in_name_case, person_name, without_degrees

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("PARK, JUNE DO", "June", "Park"),
        ("PARK, JUNE D.O.", "June", "Park"),
        ("PARK, JUNE, DO", "June", "Park"),
        ("OSEI, AMARA J MD PhD", "Amara J", "Osei"),
        ("Park, June MD", "June", "Park"),
        ("DO, MINH", "Minh", "Do"),
        ("DO, MINH DO", "Minh", "Do"),
        ("MINH DO", "Minh", "Do"),
        ("MINH DO, MD", "Minh", "Do"),
        ("MINH DO MD PHD", "Minh", "Do"),
        ("JUNE PARK, MD, PHD", "June", "Park"),
        ("JUNE PARK DO", "June", "Park"),
        ("June Park, DO", "June", "Park"),
        ("PARK MD, JUNE", "June", "Park"),
        ("O'BRIEN-MCKAY III, LIAM MD", "Liam", "O'Brien-McKay III"),
        ("NÚÑEZ DE LA CRUZ, ANA MD", "Ana", "Núñez De La Cruz"),
        ("PARK", "", "Park"),
        ("", "", ""),
    ],
)
def test_a_name_as_registries_write_it_is_first_and_last_name(text, first, last):
    assert person_name(text) == (first, last)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("JUNE DO", "JUNE"), ("June DO", "June"), ("June Do", "June Do"), ("DO", "DO"), ("June M.D.", "June"),
     ("June, MD, PhD", "June"), ("Madison", "Madison"), ("", "")],
)  # fmt: skip
def test_degrees_in_capitals_behind_a_name_are_left_out(text, expected):
    assert without_degrees(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("MACKAY", "Mackay"), ("deGroot", "deGroot"), ("J R", "J R"), ("", "")])
def test_only_names_in_capitals_are_written_anew(text, expected):
    assert in_name_case(text) == expected
