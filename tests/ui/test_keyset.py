"""Pages by keyset: equal keys, rows that come and go between two pages, and made-up cursors."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Notification
from tests import guard
from ui.keyset import page_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def add(*hours):
    """Make a row for each of `hours`, due so many hours after noon."""
    first = Notification.objects.count()
    with guard.unguarded():
        Notification.objects.bulk_create(
            Notification(kind="k", recipient="r", dedupe_key=f"{first + place}", due_at=NOON + timedelta(hours=hour))
            for place, hour in enumerate(hours)
        )


def page(cursor="", keys=("due_at", "pk"), name="list", size=2):
    return page_of(Notification.objects.all(), keys=keys, cursor=cursor, size=size, name=name)


def names(page):
    return "".join(row.dedupe_key for row in page.rows)


def walked(way, **options):
    """Return the names on each page, from the first page by `next`, or from the last by `previous`."""
    at, found = page(**options), []
    while at.next and way == "previous":
        at = page(at.next, **options)
    while True:
        found.append(names(at))
        if not (cursor := getattr(at, way)):
            return found
        at = page(cursor, **options)


@pytest.mark.parametrize(
    ("keys", "pages"),
    [
        (("due_at", "pk"), ["40", "13", "25"]),
        (("due_at", "-pk"), ["43", "10", "52"]),
        (("-due_at", "pk"), ["25", "01", "34"]),
        (("-pk",), ["54", "32", "10"]),
    ],
)
def test_page_of_walks_through_ties_in_each_direction(keys, pages):
    add(1, 1, 2, 1, 0, 2)
    assert walked("next", keys=keys) == pages
    assert walked("previous", keys=keys) == pages[::-1]


def test_page_of_all_that_there_is_has_no_other_page():
    add(1, 2)
    assert names(page()) == "01" and page().is_whole
    assert names(page(size=1)) == "0" and not page(size=1).is_whole


def test_page_of_skips_and_repeats_nothing_when_rows_come_between_two_pages():
    add(1, 2, 3, 4)
    first = page()
    add(0, 5)
    second = page(first.next)
    assert (names(first), names(second)) == ("01", "23")
    assert names(page(second.next)) == "5"
    before = page(second.previous)
    assert names(before) == "01" and names(page(before.previous)) == "4"


def test_page_of_a_deleted_row_is_the_first_page():
    add(1, 2, 3)
    last = page().next
    with guard.unguarded():
        Notification.objects.filter(dedupe_key="2").delete()
    assert names(page(last)) == "01"


@pytest.mark.parametrize("cursor", [None, "", "x", "\x00", "🌿:1:2", "x" * 100_000, "WyJmIl0:1:2"])
def test_page_of_a_broken_cursor_is_the_first_page(cursor):
    add(1, 2, 3)
    assert names(page(cursor)) == "01"


def test_page_of_takes_no_cursor_of_another_list_or_order():
    add(1, 2, 3)
    given = page().next
    assert names(page(given)) == "2"
    assert names(page(given, name="other")) == names(page(given, keys=("pk",))) == "01"
    assert names(page(given[:-1])) == "01"
