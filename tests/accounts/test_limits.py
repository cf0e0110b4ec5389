"""The cache in which rate limits are counted: as Django's, with one statement for each write."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import limits
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def writes(monkeypatch):
    """Begin to count writes anew, so that none of a test is left to Django."""
    monkeypatch.setattr(limits.RateLimitCache, "_writes", limits.count(1))


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM rate_limits")
        return cursor.fetchone()[0]


def test_a_value_is_kept_until_it_ends_and_can_be_replaced():
    cache.set("limit", [1.5], 60)
    assert cache.get("limit") == [1.5]
    cache.set("limit", [2.5, 1.5], 60)
    assert cache.get("limit") == [2.5, 1.5] and rows() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert cache.get("limit") is None


def test_a_lock_is_given_once_until_it_is_released_or_ends():
    assert cache.add("lock", value=True, timeout=10)
    assert not cache.add("lock", value=True, timeout=10)
    cache.delete("lock")
    assert cache.add("lock", value=True, timeout=10)
    with time_machine.travel(timezone.now() + timedelta(seconds=12)):
        assert cache.add("lock", value=True, timeout=10)
    assert rows() == 1


@pytest.mark.parametrize("write", [cache.set, cache.add])
def test_a_write_is_one_statement(write):
    with CaptureQueriesContext(connection) as caught:
        write("limit", [1.5], 60)
    assert [query["sql"].split()[0] for query in caught if "SAVEPOINT" not in query["sql"]] == ["INSERT"]


def test_a_sign_in_reads_and_writes_each_limit_in_one_statement():
    account = factories.user("rosa@example.org")
    with CaptureQueriesContext(connection) as caught:
        assert Client().post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD}).url
    of_limits = [query["sql"].split()[0] for query in caught if "rate_limits" in query["sql"]]
    assert of_limits == ["INSERT", "SELECT", "INSERT", "DELETE"] * 5  # lock, read, write, release


def test_a_thousandth_write_throws_limits_away_where_there_are_too_many(monkeypatch):
    culled = []
    monkeypatch.setattr(limits, "CULLED_EVERY", 3)
    monkeypatch.setattr(DatabaseCache, "_cull", lambda self, *_args: culled.append(1))
    monkeypatch.setattr(cache._connections[cache._alias], "_max_entries", 0)
    for number in range(7):
        cache.set(f"limit{number}", [1.5], 60)
    assert len(culled) == 2 and rows() == 7


def test_an_error_of_the_database_says_that_nothing_was_written(monkeypatch):
    def fail(**_values):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_table")

    monkeypatch.setattr(limits, "write_rate_limit", fail)
    assert cache.add("lock", value=True, timeout=10) is False
    assert rows() == 0  # the transaction around it goes on
    with pytest.raises(DatabaseError), transaction.atomic():
        fail()


def test_a_limit_without_an_end_is_left_to_django():
    cache.set("limit", [1.5], None)
    assert cache.get("limit") == [1.5]
