import pytest

from ui.text import readable_number, search_name


def test_readable_number_can_be_read_aloud():
    number = readable_number("C")
    assert len(number) == 11 and number.startswith("C-")
    assert not set(number[1:]) & set("01IO")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Núñez", "José"), "nunez jose"),
        (("  O’Brien-Smith ", "", "Ann"), "obrien smith ann"),
        (("O'Brien-Núñez",), "obrien nunez"),
        (("Łucja", "Đorđe", "Ægir"), "lucja dorde aegir"),
        (("Straße", None), "strasse"),
        (("李", "小龍"), "李 小龍"),
    ],
)
def test_search_name_folds_case_accents_and_signs(parts, expected):
    assert search_name(*parts) == expected
