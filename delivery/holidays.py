"""The holidays that Connecticut keeps, to begin the closures with; staff edit them."""

from datetime import date

import holidays
from django.utils.translation import gettext_noop

NAMES = [
    gettext_noop("New Year's Day"),
    gettext_noop("New Year's Day (observed)"),
    gettext_noop("Martin Luther King Jr. Day"),
    gettext_noop("Lincoln's Birthday"),
    gettext_noop("Lincoln's Birthday (observed)"),
    gettext_noop("Washington's Birthday"),
    gettext_noop("Good Friday"),
    gettext_noop("Memorial Day"),
    gettext_noop("Juneteenth National Independence Day"),
    gettext_noop("Juneteenth National Independence Day (observed)"),
    gettext_noop("Independence Day"),
    gettext_noop("Independence Day (observed)"),
    gettext_noop("Labor Day"),
    gettext_noop("Columbus Day"),
    gettext_noop("Veterans Day"),
    gettext_noop("Veterans Day (observed)"),
    gettext_noop("Thanksgiving Day"),
    gettext_noop("Christmas Day"),
    gettext_noop("Christmas Day (observed)"),
]  # the words of the library, here to be translated


def holidays_between(first: date, last: date) -> dict[date, str]:
    """Day and name, both ends included."""
    known = holidays.country_holidays("US", subdiv="CT", years=range(first.year, last.year + 1))
    return {day: name for day, name in known.items() if first <= day <= last}
