"""Physicians and staff find a condition by the beginnings of words and by the usual abbreviations."""

import pytest
from django.urls import reverse

from certification.models import Condition
from certification.reference import ABBREVIATIONS, CONDITIONS
from certification.search import conditions_called
from tests import factories

FOUND = {
    "als": ["amyotrophic-lateral-sclerosis"],
    "A.L.S.": ["amyotrophic-lateral-sclerosis"],
    "p.t.s.d": ["post-traumatic-stress-disorder"],
    "PTSD": ["post-traumatic-stress-disorder"],
    "ms": ["multiple-sclerosis"],
    "hiv": ["positive-status-for-hiv-or-aids"],
    "aids": ["positive-status-for-hiv-or-aids"],
    "ibd": ["crohns-disease", "ulcerative-colitis"],
    "crps": ["complex-regional-pain-syndrome-type-1-and-type-ii"],
    "eds": ["ehlers-danlos-syndrome-associated-with-chronic-pain"],
    "crohns": ["crohns-disease"],
    "ehlers-danlos": ["ehlers-danlos-syndrome-associated-with-chronic-pain"],
    "scler multi": ["multiple-sclerosis"],
    "palsy": ["cerebral-palsy"],
    "alsy": [],
}


@pytest.mark.once
def test_each_abbreviation_belongs_to_a_condition_of_the_list():
    assert set(ABBREVIATIONS) <= {condition["code"] for condition in CONDITIONS}


@pytest.mark.django_db
@pytest.mark.parametrize(("term", "codes"), FOUND.items())
def test_conditions_called_takes_word_starts_and_abbreviations(term, codes):
    assert sorted(Condition.objects.filter(conditions_called(term)).values_list("code", flat=True)) == codes


@pytest.mark.django_db
def test_the_admin_of_conditions_searches_so():
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))
    page = client.post(reverse("admin:certification_condition_changelist"), {"q": "als"}, follow=True)
    assert [row.code for row in page.context["cl"].result_list] == ["amyotrophic-lateral-sclerosis"]
