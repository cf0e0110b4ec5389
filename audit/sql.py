"""Triggers and grants that make events and seals append-only, and what PostgreSQL alone knows of their ids.

The one place of the app with SQL of its own (docs/adr/0003).
"""

from collections.abc import Iterable, Mapping
from typing import Any

TABLES = ("audit_event", "audit_seal")

_INSTALL = {
    "sqlite": [
        """CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
           BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
           BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
        # 'now' is the same instant in the whole statement, so the default of the column passes and nothing else does.
        """CREATE TRIGGER IF NOT EXISTS {table}_own_time BEFORE INSERT ON {table}
           WHEN NEW.created_at IS NOT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')
           BEGIN SELECT RAISE(ABORT, '{table} takes its time from the database'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        """CREATE OR REPLACE FUNCTION audit_own_time() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN
               IF NEW.created_at IS DISTINCT FROM statement_timestamp() THEN
                   RAISE EXCEPTION '% takes its time from the database', TG_TABLE_NAME;
               END IF;
               RETURN NEW;
           END $$""",
        """CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
           FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
           FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER {table}_own_time BEFORE INSERT ON {table}
           FOR EACH ROW EXECUTE FUNCTION audit_own_time()""",
    ],
}
_DROP = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS {table}_no_update",
        "DROP TRIGGER IF EXISTS {table}_no_delete",
        "DROP TRIGGER IF EXISTS {table}_own_time",
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        "DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        "DROP TRIGGER IF EXISTS {table}_own_time ON {table}",
    ],
}
_SEALING = 7_325_001  # any number that nothing else of the portal locks


# --- Guards --------------------------------------------------------------------------------------------------------


def install_triggers(connection: Any) -> None:
    _execute(connection, _INSTALL)


def drop_triggers(connection: Any) -> None:
    """Drop the triggers, for a test suite that empties tables and for a restore of rows."""
    _execute(connection, _DROP)


def _execute(connection: Any, statements: Mapping[str, Iterable[str]]) -> None:
    tables = _present(connection)
    with connection.cursor() as cursor:
        for table in tables:
            for statement in statements[connection.vendor]:
                cursor.execute(statement.format(table=table))


def _present(connection: Any) -> list[str]:
    """Return the tables that exist: a migration backwards removes the seals."""
    names = set(connection.introspection.table_names())
    return [table for table in TABLES if table in names]


def grant_role(connection: Any, role: str) -> None:
    """Give the portal's role what it needs where another role owns the tables: it cannot change events and seals.

    The role cannot choose their ids either, because these come from the sequence.
    """
    name = connection.ops.quote_name(role)
    tables = _present(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")
        for table in tables:
            described = connection.introspection.get_table_description(cursor, table)
            columns = ", ".join(connection.ops.quote_name(column.name) for column in described if column.name != "id")
            cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {name}")
            cursor.execute(f"GRANT INSERT ({columns}) ON {table} TO {name}")


# --- Ids and the transactions that hold them -----------------------------------------------------------------------


def hold_sealing(connection: Any) -> bool:
    """Keep other sealers out until this transaction ends; return whether none was there before.

    SQLite's transactions wait for each other anyway.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALING])
        return cursor.fetchone()[0]


def writers(connection: Any) -> set[str]:
    """Return the other transactions that may hold ids of events which nobody else sees yet.

    INSERT locks the table before it takes an id, and keeps the lock until its transaction ends. So an id that is
    missing once these transactions have ended will never come. On SQLite there is one writer at a time: none.
    """
    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT virtualtransaction FROM pg_locks
               WHERE locktype = 'relation' AND relation = 'audit_event'::regclass AND granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
               AND pid IS DISTINCT FROM pg_backend_pid()"""
        )
        return {row[0] for row in cursor.fetchall()}


def highest_given_id(connection: Any) -> int | None:
    """Return the last id that the sequence of the events gave; None where the database does not say it apart."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence('audit_event', 'id')), 0)")
        return cursor.fetchone()[0]
