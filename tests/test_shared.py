"""Rows that tests share: each test finds them as they were made, and who does not ask for them finds none."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
User = get_user_model()


@shared
def person():
    return factories.user("first@example.org")


@shared
def people(person):
    return [person, factories.user("second@example.org")]


@pytest.mark.parametrize("time", ["first", "again"])
def test_a_test_finds_what_it_asks_for_as_it_was_made(person, time):
    assert (person.email, person.first_name) == ("first@example.org", "")
    assert User.objects.get() == person
    person.first_name = "Changed"
    with unguarded():
        User.objects.all().delete()


def test_what_another_fixture_returned_is_the_same_object(people, person):
    assert people[0] is person
    assert User.objects.count() == 2


def test_who_asks_for_the_first_alone_does_not_find_the_second(person):
    assert User.objects.get() == person


def test_who_asks_for_nothing_finds_nothing():
    assert not User.objects.exists()


def test_nobody_gets_the_birth_date_of_a_shared_person(patient):
    born = {patient.birth_date, factories.profile()["birth_date"]}
    assert len(born) == 2


@shared
def patient():
    return factories.patient()


@pytest.mark.django_db(transaction=True)
def test_a_test_of_real_transactions_makes_everything_anew(people):
    assert not connection.in_atomic_block
    assert User.objects.count() == 2
