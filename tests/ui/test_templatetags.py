from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ui.templatetags import portal

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("cents", "shown"),
    [(0, "$0.00"), (5, "$0.05"), (7499, "$74.99"), (8350, "$83.50"), (123456789, "$1,234,567.89"), (-1250, "-$12.50")],
)
def test_money(cents, shown):
    assert portal.money(cents) == shown


@pytest.mark.parametrize(
    ("mg", "left"),
    [
        (99223, "3.50"),  # 3.5 oz, rounded down to milligrams, is 3.50 oz again
        (99222, "3.49"),
        (28349, "1.00"),
        (28348, "0.99"),
        (34019, "1.20"),
        (283, "0.01"),
        (282, "0.00"),
        (0, "0.00"),
        (-5000, "0.00"),
    ],
)
def test_ounces_left_rounds_down(mg, left):
    assert portal.ounces_left(mg) == left


@pytest.mark.parametrize(
    ("mg", "used"),
    [(0, "0.00"), (1, "0.01"), (283, "0.01"), (284, "0.02"), (3500, "0.13"), (28349, "1.00"), (99223, "3.50")],
)
def test_ounces_used_rounds_up(mg, used):
    assert portal.ounces_used(mg) == used


def test_ounces_become_milligrams_and_ounces_again():
    for hundredths in range(1, 1001):
        mg = hundredths * 28_349_523_125 // 100_000_000
        assert portal.ounces_left(mg) == portal.ounces_used(mg) == f"{hundredths // 100}.{hundredths % 100:02d}"


@pytest.mark.parametrize(
    ("mg", "shown"),
    [(3500, "3.5 g"), (1000, "1 g"), (283, "0.283 g"), (10, "0.01 g"), (0, "0 g"), (1234500, "1,234.5 g")],
)
def test_grams(mg, shown):
    assert portal.grams(mg) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+12035550142", "(203) 555-0142"),
        ("2035550142", "(203) 555-0142"),
        ("+442079460000", "+44 20 7946 0000"),
        ("none", "none"),
    ],
)
def test_phone(number, shown):
    assert portal.phone(number) == shown


def test_dates_and_times():
    morning = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)

    assert portal.long_date(date(2026, 11, 25)) == "Wednesday, November 25, 2026"
    assert portal.clock(time(9, 30)) == "9:30 a.m."
    assert portal.clock(time(13, 30)) == "1:30 p.m."
    assert portal.clock(time(17)) == "5 p.m."
    assert portal.clock(morning) == "9:30 a.m."
    assert portal.moment(morning) == "Tuesday, November 24, 2026, 9:30 a.m. Eastern"


def test_long_date_of_an_instant_is_the_day_in_new_york():
    assert portal.long_date(datetime(2026, 11, 25, 3, 0, tzinfo=UTC)) == "Tuesday, November 24, 2026"


@pytest.mark.parametrize(
    "name", ["money", "ounces_left", "ounces_used", "grams", "phone", "long_date", "clock", "moment"]
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_shows_as_nothing(name, nothing):
    assert getattr(portal, name)(nothing) == ""


@pytest.mark.parametrize(("day", "shown"), [(27, "Friday, 4:12 p.m."), (22, "Sunday, 4:12 p.m."), (21, "November 21")])
def test_near_moment_names_the_weekday_within_six_days(day, shown, time_machine):
    time_machine.move_to(datetime(2026, 11, 28, 12, tzinfo=ZoneInfo("America/New_York")))
    assert portal.near_moment(datetime(2026, 11, day, 16, 12, tzinfo=ZoneInfo("America/New_York"))) == shown


def test_a_long_key_is_shown_in_groups_of_four():
    assert portal.in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ" and portal.in_groups("") == ""
