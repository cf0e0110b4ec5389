"""Statements that the ORM cannot express; no other module of the app has SQL (docs/adr/0003)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models

from notifications.models import Notification

# What a query for `insert_selected` selects, in this order.
SELECTED = ("kind", "channel", "recipient", "language", "context", "dedupe_key", "priority")
NOW = {"postgresql": "STATEMENT_TIMESTAMP()", "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"}
MOST_COUNTED = 10_000  # a larger count takes too long for a probe, and helps nobody
_UNSENT = "status IN ('queued', 'sending')"
# What waits, by queue. SQLite uses a partial index only where its condition stands in the statement word for word.
WAITING: Mapping[str, str] = {
    "urgent": f"channel = 'email' AND priority < {Notification.BULK} AND {_UNSENT}",
    "bulk": f"channel = 'email' AND priority >= {Notification.BULK} AND {_UNSENT}",
    "texts": "channel = 'sms' AND status = 'queued'",
    "calls": "channel = 'phone' AND status = 'queued'",
    "letters": "channel = 'letter' AND status = 'queued'",
}

WAITING_INDEXES = {
    "urgent": "notification_urgent_waits",
    "bulk": "notification_bulk_waits",
    "texts": "notification_texts_wait",
    "calls": "notification_calls",
    "letters": "notification_letters_wait",
}


def insert_selected(messages: models.QuerySet[Any, Any]) -> int:
    """Queue the messages of a query of the columns SELECTED, in the caller's transaction; return how many are new.

    A row may hold several messages side by side: then those columns stand in it as many times. A message is left out
    when it has no recipient (NULL), or the recipient of a message before it in the row. One statement does it, however
    many rows there are, and reads each once. A message whose `dedupe_key` exists is dropped.
    """
    compiler = messages.query.get_compiler(connection=connection)
    query, params = compiler.as_sql()
    columns = [f"c{place}" for place in range(len(compiler.select))]
    side_by_side = [columns[first : first + len(SELECTED)] for first in range(0, len(columns), len(SELECTED))]
    table, now = connection.ops.quote_name(Notification._meta.db_table), NOW[connection.vendor]
    rows = [
        f"SELECT {', '.join(names)}, 'queued', {now}, {now}, 0, '', '' FROM selected"  # noqa: S608 # nosec B608  names of ours
        f" WHERE {_is_other(names, side_by_side[:place])}"
        for place, names in enumerate(side_by_side)
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # to compile such a statement takes longer than to run it
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(SELECTED)},"  # noqa: S608 # nosec B608
            " status, created_at, due_at, attempts, message_id, last_error)"
            f" WITH selected ({', '.join(columns)}) AS MATERIALIZED ({query}) {' UNION ALL '.join(rows)}"
            " ON CONFLICT (dedupe_key) DO NOTHING",
            params,
        )
        return cursor.rowcount


def _is_other(names: list[str], before: list[list[str]]) -> str:
    """Return the condition that a message has a recipient, and another one than those before it in the row."""
    place = SELECTED.index("recipient")
    same = [f" AND ({names[place]} = {others[place]}) IS NOT TRUE" for others in before]
    return f"{names[place]} IS NOT NULL{''.join(same)}"


def mark_sent(pk: int, lease_until: datetime, message_id: str) -> None:
    """Write that the server has a message, while its lease is this one.

    It is run for each mail, and the ORM would need as long to write this statement as the database to do it.
    """
    table, now = connection.ops.quote_name(Notification._meta.db_table), NOW[connection.vendor]
    until = connection.ops.adapt_datetimefield_value(lease_until)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET status = 'sent', sent_at = {now}, message_id = %s, secret = NULL,"  # noqa: S608 # nosec B608
            " lease_until = NULL WHERE id = %s AND lease_until = %s",
            [message_id, pk, until],
        )


def waiting() -> dict[str, tuple[int, datetime | None]]:
    """Return by queue how many messages wait (MOST_COUNTED + 1 for more), and since when the oldest of them does.

    It is one statement that reads 10,001 entries of an index at most, however many messages wait.
    """
    table = connection.ops.quote_name(Notification._meta.db_table)
    parts = [
        f"SELECT '{name}', (SELECT count(*) FROM ({_oldest_first(table, name)} LIMIT {MOST_COUNTED + 1}) AS counted),"  # noqa: S608 # nosec B608
        f" ({_oldest_first(table, name)} LIMIT 1)"
        for name in WAITING
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [])
        return {name: (count, oldest and _moment(oldest)) for name, count, oldest in cursor.fetchall()}


def _oldest_first(table: str, queue: str) -> str:
    if connection.vendor == "sqlite":  # it would read all messages that wait in the index for the sender
        table = f"{table} INDEXED BY {WAITING_INDEXES[queue]}"
    return f"SELECT created_at FROM {table} WHERE {WAITING[queue]} ORDER BY created_at"  # noqa: S608 # nosec B608


def database_now() -> datetime:
    """Return the time by the database's clock, which all workers share."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOW[connection.vendor]}", [])  # noqa: S608 # nosec B608  as above
        (now,) = cursor.fetchone()
    return _moment(now)


def _moment(value: datetime | str) -> datetime:
    """Return a moment as a statement gives it: SQLite gives text, or a time without a zone, both in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
