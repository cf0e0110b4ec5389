"""The holidays of Connecticut. They are no working days, and the first closures."""

from datetime import date, timedelta

from django.utils.translation import gettext_noop

SATURDAY = 5
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
    """Return holidays by day with their names, both ends included."""
    import holidays  # heavy: docs/adr/0018

    known = holidays.country_holidays("US", subdiv="CT", years=range(first.year, last.year + 1))
    return {day: name for day, name in known.items() if first <= day <= last}


def next_working_day(day: date) -> date:
    """Return the first later day from Monday to Friday that is no holiday."""
    later = [day + timedelta(days=number) for number in range(1, 10)]
    free = holidays_between(later[0], later[-1])
    return next(later_day for later_day in later if later_day.weekday() < SATURDAY and later_day not in free)
