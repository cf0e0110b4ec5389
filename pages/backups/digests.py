"""The SHA-256 of all rows of a table. The same rows have the same digest in any database of the same kind."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pages.backups.manifest import TableFacts

_COLUMNS = """
    SELECT c.relname, quote_ident(a.attname), a.attcollation <> 0, coalesce(a.attnum = ANY (i.indkey), false)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    ORDER BY c.relname, a.attnum
"""
# Settings of a server or a role could write the same row in another way, so they are fixed here.
_SPELLING = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
}


class _Digest:
    """A file that only computes the SHA-256 of the bytes written to it."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.sha256.update(data)


def postgres_digests(cursor: Any, *, without: list[str]) -> dict[str, TableFacts]:
    """Return the row count and digest of every table but `without`, as the transaction of `cursor` sees them."""
    for name, value in _SPELLING.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    cursor.execute(_COLUMNS)
    tables: dict[str, list[tuple[str, bool, bool]]] = {}
    for table, *column in cursor.fetchall():
        tables.setdefault(table, []).append(tuple(column))
    return {
        table: _postgres_digest(cursor, table, columns) for table, columns in tables.items() if table not in without
    }


def _postgres_digest(cursor: Any, table: str, columns: list[tuple[str, bool, bool]]) -> TableFacts:
    names = ", ".join(name for name, _is_text, _is_key in columns)
    # Text is sorted by its bytes, because another server may have other collations.
    order = [f'{name} COLLATE "C"' if is_text else name for name, is_text, is_key in columns if is_key]
    digest = _Digest()
    # The names come from the catalogue of the database itself, quoted.
    query = f'SELECT {names} FROM "{table}" AS t ORDER BY {", ".join(order) or "t::text"}'  # noqa: S608 # nosec B608
    cursor.copy_expert(f"COPY ({query}) TO STDOUT", digest)
    return {"rows": cursor.rowcount, "digest": digest.sha256.hexdigest()}


def read_only(path: Path) -> sqlite3.Connection:
    """Open a connection of SQLite's own driver that cannot write."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def sqlite_digests(path: Path) -> dict[str, TableFacts]:
    """Return the row count and digest of every table of the SQLite database at `path`."""
    with closing(read_only(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master"
            " WHERE type = 'table' AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')"
        )
        return {name: _sqlite_digest(connection, name) for (name,) in names.fetchall()}


def _sqlite_digest(connection: sqlite3.Connection, table: str) -> TableFacts:
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    keys = [f'"{column[1]}"' for column in sorted(columns, key=lambda row: row[5]) if column[5]]
    order = ", ".join(keys) or ("name" if table == "sqlite_sequence" else "rowid")
    digest, count = hashlib.sha256(), 0
    # The names come from the database itself.
    for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY {order}'):  # noqa: S608 # nosec B608
        digest.update(repr(row).encode(errors="surrogatepass"))
        count += 1
    return {"rows": count, "digest": digest.hexdigest()}
