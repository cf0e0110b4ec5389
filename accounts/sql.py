"""SQL that the ORM cannot write: the one place of this app (docs/adr/0003)."""

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


def purge_rate_limits() -> int:
    """Delete rate limits that have ended; return how many. Django's cache does it only when it is full."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    ended = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        # The name of the table is a setting of ours.
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [ended])  # noqa: S608 # nosec B608
        return cursor.rowcount
