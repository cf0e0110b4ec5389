"""SQL that the ORM cannot write: the one place of this app (docs/adr/0003)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone


def lock_text(text: str) -> None:
    """Lock a text until the caller's transaction ends: others that lock the same text wait.

    A DEA number that nobody has is in no row that could be locked, and its tries are counted exactly all the same. On
    SQLite the second transaction waits at its beginning (IMMEDIATE).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])


def write_rate_limit(*, key: str, value: str, ends_at: datetime, unless_lasting_at: datetime | None = None) -> bool:
    """Write a rate limit in one statement, whether its key is there or not; return whether it was written.

    With `unless_lasting_at` a limit that has not ended at that time stays as it is.
    """
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    values: list[Any] = [key, value, connection.ops.adapt_datetimefield_value(ends_at)]
    # The name of the table is a setting of ours.
    sql = (
        f"INSERT INTO {table} AS known (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608 # nosec B608
        " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
    )
    if unless_lasting_at is not None:
        sql += " WHERE known.expires < %s"
        values.append(connection.ops.adapt_datetimefield_value(unless_lasting_at))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount > 0)


def purge_rate_limits() -> int:
    """Delete rate limits that have ended; return how many. Django's cache does it only when it is full."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    ended = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        # The name of the table is a setting of ours.
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [ended])  # noqa: S608 # nosec B608
        return cursor.rowcount
