"""What the ORM cannot say; the one place of the app with SQL of its own (docs/adr/0003)."""

from django.conf import settings
from django.db import connection
from django.utils import timezone


def lock_text(text: str) -> None:
    """Hold every other transaction that locks the same text until ours ends.

    A DEA number that nobody has holds no row to lock, and its tries are counted exactly all the same. SQLite's
    transactions are IMMEDIATE: the second one waits at its beginning.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])


def purge_rate_limits() -> int:
    """Django's database cache drops ended rows only when it is full; returns how many were dropped."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    ended = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        # The name of the table is a setting of ours.
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [ended])  # noqa: S608 # nosec B608
        return cursor.rowcount
