from calendar import MONDAY, THURSDAY
from datetime import date, time

import pytest

from pages import presenters
from tests.delivery import people

pytestmark = pytest.mark.django_db


def test_terms_on_returns_the_figures_of_the_brief():
    terms = presenters.terms_on(date(2026, 11, 23))
    assert terms.days == "Wednesdays"
    assert (terms.starts, terms.ends) == (time(9, 30), time(16, 30))
    assert (terms.minimum_cents, terms.lead_hours, terms.radius_miles) == (7500, 24, None)
    assert terms.allotment_oz == "3.5"
    assert terms.windows == [
        presenters.WindowTerms(time(9, 30), time(13, 30)),
        presenters.WindowTerms(time(13, 30), time(16, 30)),
    ]
    assert terms.deadlines == [
        presenters.Deadline("Wednesday", time(9, 30), "Tuesday", time(9, 30)),
        presenters.Deadline("Wednesday", time(13, 30), "Tuesday", time(13, 30)),
    ]


def test_terms_on_follows_a_new_policy_from_its_first_day():
    people.policy(
        date(2027, 1, 1),
        weekdays=(1 << MONDAY) + (1 << THURSDAY),
        windows=[["10:00", "12:00"]],
        minimum_cents=9000,
        lead_hours=48,
        capacity=5,
        radius_miles=20,
        origin_zip="06510",
        allotment_days=30,
    )
    assert presenters.terms_on(date(2026, 12, 31)).minimum_cents == 7500
    terms = presenters.terms_on(date(2027, 1, 1))
    assert (terms.minimum_cents, terms.radius_miles, terms.origin_zip) == (9000, 20, "06510")
    assert terms.days == "Mondays and Thursdays"
    assert terms.windows == [presenters.WindowTerms(time(10), time(12))]
    assert terms.deadlines == [
        presenters.Deadline("Monday", time(10), "Saturday", time(10)),
        presenters.Deadline("Thursday", time(10), "Tuesday", time(10)),
    ]


def test_terms_on_returns_the_allotment_of_that_day():
    assert presenters.terms_on(date(2022, 1, 30)).allotment_oz == "3"
