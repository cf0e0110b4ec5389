"""What the ORM cannot say; the one place of the app with SQL of its own (docs/adr/0003)."""

from django.db import connection


def lock_text(text):
    """Hold every other transaction that locks the same text until ours ends.

    A DEA number that nobody has holds no row to lock, and its tries are counted exactly all the same. SQLite's
    transactions are IMMEDIATE: the second one waits at its beginning.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])
