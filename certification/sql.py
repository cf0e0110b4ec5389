"""Statements that the ORM cannot express; no other module of the app has SQL (docs/adr/0003)."""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Max

from certification.models import Certification, Draft


def keep_draft_ids_new(connection: BaseDatabaseWrapper) -> None:
    """Let the next draft get an id above every draft's and certification's: a certification takes the id of its draft.

    Needed after the table of drafts was made, and after SQLite has remade it, which forgets the ids of deleted rows.
    """
    tables = connection.introspection.table_names()
    if Draft._meta.db_table in tables and Certification._meta.db_table in tables:
        highest = [
            model._base_manager.using(connection.alias).aggregate(last=Max("pk")) for model in (Certification, Draft)
        ]
        give_ids_after(connection, Draft._meta.db_table, max(found["last"] or 0 for found in highest))


def give_ids_after(connection: BaseDatabaseWrapper, table: str, last: int) -> None:
    """Let the next row of a table get an id above `last`, unless it would get a higher one anyway."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                """SELECT setval(ids, %s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS ids) AS found
                   WHERE COALESCE(pg_sequence_last_value(ids), 0) < %s AND %s > 0""",
                [last, table, last, last],
            )
            return
        cursor.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT %s, 0 "
            "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)",
            [table, table],
        )
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s AND seq < %s", [last, table, last])
