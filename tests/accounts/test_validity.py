"""Each question of accounts/rules/validity.py gets the same answer for one row and as a filter."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import rules
from accounts.models import Delegate, Physician, Registration
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 28)
DAYS = st.none() | st.integers(-90, 90).map(lambda days: TODAY + timedelta(days=days))
MONTHS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@shared
def physician():
    return factories.physician()


def has_left_by_the_filter(physician, day=TODAY):
    return Physician.objects.filter(rules.physicians_left_on(day), pk=physician.pk).exists()


def agree(model, row, question, as_filter, **day):
    return question(row, **day) is model.objects.filter(as_filter(**day), pk=row.pk).exists()


@MONTHS
@given(ends=DAYS)
def test_ended_and_ending_soon_are_the_same_for_a_row_and_in_a_filter(physician, ends):
    row = physician.registrations.get(kind="prescription_monitoring")
    row.expires_date = ends
    with unguarded():
        row.save()

    assert agree(Registration, row, rules.has_ended, rules.registrations_ended, today=TODAY)
    assert agree(Registration, row, rules.is_ending_soon, rules.registrations_ending_soon, today=TODAY)


@MONTHS
@given(left=DAYS)
def test_left_is_the_same_for_a_row_and_in_a_filter(physician, left):
    physician.left_date = left
    with unguarded():
        physician.save()

    assert has_left_by_the_filter(physician) is physician.has_left_on(TODAY)


@MONTHS
@given(ended=DAYS)
def test_ended_is_the_same_for_a_delegate_and_in_a_filter(physician, ended):
    with unguarded():
        row = Delegate.objects.create(
            physician=physician, email="dana@example.org", started_date=TODAY - timedelta(days=99), ended_date=ended
        )
        assert agree(Delegate, row, rules.has_delegation_ended, rules.delegations_ended, today=TODAY)
        row.delete()


def test_a_filter_that_counts_the_day_otherwise_is_found(physician):
    """The control: a filter that is wrong by one day does not agree."""
    physician.left_date = TODAY
    with unguarded():
        physician.save()

    assert has_left_by_the_filter(physician, TODAY - timedelta(days=1)) is not physician.has_left_on(TODAY)
