"""A search for the beginning of a word of a name finds the same on both databases."""

import pytest

from certification.models import Patient
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("word", "is_found"),
    [
        ("delg", True),
        ("delgado", True),
        ("rosa", True),
        ("nunez", True),
        ("3rd", True),
        ("elgado", False),
        ("delgados", False),
        ("李", True),
        ("st.jo", True),
        ("%", False),
        ("_elgado", False),
        ("del'", False),
        ("\\", False),
        ("a & !b:*", False),
    ],
)
def test_begins_word_finds_the_beginning_of_each_word_and_nothing_else(word, is_found):
    factories.certification(
        joined=False, profile=factories.profile(first_name="Rosa 李 St.John", last_name="Delgado-Núñez 3rd")
    )
    assert Patient.objects.filter(search_name__begins_word=word).exists() is is_found
