"""A daughter is named as the caregiver of both parents: one account, and an affirmation for each."""

import pytest

from certification.models import Caregiver
from certification.statements import CAREGIVER_AFFIRMATIONS
from tests import factories
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
ELENA = "elena@example.org"


def test_a_daughter_acts_for_both_parents(visitor):
    elena = visitor(viewport={"width": 390, "height": 844})
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    mother = given_a_parent_with_a_daughter_as_caregiver(physician, "Karin")
    when_the_daughter_joins_by_the_invitation(elena)
    then_the_daughter_sees_the_cards_of(elena, mother)
    father = given_a_parent_with_a_daughter_as_caregiver(physician, "Otto")
    when_the_daughter_affirms_for_the_other_parent(elena)
    then_the_daughter_sees_the_cards_of(elena, mother, father)
    assert Caregiver.objects.count() == 1
    elena.met_no_barrier()


def given_a_parent_with_a_daughter_as_caregiver(physician, first_name):
    daughter = factories.caregiver(relationship="child", email=ELENA, phone="+12035550177")
    profile = factories.profile(first_name=first_name, email="", has_no_email=True)
    return factories.certification(physician, profile=profile, caregiver=daughter).patient


def when_the_daughter_joins_by_the_invitation(elena):
    elena.opens(link_in_mail_to(ELENA, "/invitation/"))
    elena.joins_here(1, 2, 1975)
    affirms(elena)


def when_the_daughter_affirms_for_the_other_parent(elena):
    elena.opens("/home/")
    elena.sees("A statement waits for you")
    elena.follows("Read and affirm")
    elena.sees("Otto")
    affirms(elena)


def affirms(elena):
    elena.ticks(*CAREGIVER_AFFIRMATIONS)
    elena.submits()


def then_the_daughter_sees_the_cards_of(elena, *parents):
    for address in ("/home/", "/card/"):
        elena.opens(address)
        for parent in parents:
            elena.sees(parent.name)
