"""Backup and restore of an SQLite database by SQLite's own online backup."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from django.db import connection, transaction

from pages.backups.archive import CHUNK, Archive, ArchiveWriter
from pages.backups.digests import read_only, sqlite_digests
from pages.backups.errors import BackupError, is_full
from pages.backups.manifest import TableFacts
from pages.backups.snapshot import LEFT_OUT, Snapshot, applied_migrations
from pages.sealed import key_counts

FILE = "database.sqlite3"


def _path() -> Path:
    return Path(connection.settings_dict["NAME"])


def server_major() -> int:
    return sqlite3.sqlite_version_info[0]


# --- Backup ---------------------------------------------------------------------------------------------------------


def take(writer: ArchiveWriter) -> Snapshot:
    """Write a copy of the database into the archive; return counts and digests of that copy.

    Nobody else can write while the database is copied and counted, because Django's transactions are IMMEDIATE here.
    """
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=_path().parent) as folder:
        copy = Path(folder) / FILE
        with transaction.atomic():
            _copy_to(copy)
            counts, migrations = key_counts(), applied_migrations()
        _leave_out_rows(copy)
        with writer.open(FILE, compress=True) as file, copy.open("rb") as content:
            shutil.copyfileobj(content, file, CHUNK)
        return Snapshot(
            database={"vendor": "sqlite", "version": sqlite3.sqlite_version, "major": server_major(), "dumped_with": 0},
            tables=sqlite_digests(copy),
            key_counts={name: found for name, found in counts.items() if name.split(".")[0] not in LEFT_OUT},
            migrations=migrations,
        )


def _copy_to(copy: Path) -> None:
    try:
        with closing(read_only(_path())) as source, closing(sqlite3.connect(copy)) as database:
            source.backup(database)
    except sqlite3.OperationalError as error:
        if "full" not in str(error):
            raise
        raise BackupError(f"The disk of {copy.parent.parent} is full. Make room and try again.") from error


def _leave_out_rows(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("PRAGMA secure_delete=ON")  # overwrites the deleted rows in the file
        for table in LEFT_OUT:
            database.execute(f'DELETE FROM "{table}"')  # noqa: S608 # nosec B608
        database.commit()


# --- Restore --------------------------------------------------------------------------------------------------------


def check_can_restore(archive: Archive) -> None:
    """Raise BackupError when the disk has no room for the database and a copy of it."""
    check_room(_path().parent, 2 * archive.manifest.files[FILE]["bytes"])


def check_room(folder: Path, needed: int) -> None:
    """Raise BackupError when the disk of `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupError(
            f"The disk of {folder} is too full: the restore needs {needed // 1_000_000 + 1} MB and "
            f"{free // 1_000_000} MB are free. Make room and try again."
        )


def restore(archive: Archive) -> None:
    """Fill the database from the archive in one step, completely or not at all. Raises BackupError."""
    target = _path()
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as folder:
        copy = Path(folder) / FILE
        try:
            with archive.open(FILE) as content, copy.open("wb") as file:
                shutil.copyfileobj(content, file, CHUNK)
            connection.close()
            with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(target)) as database:
                source.backup(database)
        except (OSError, sqlite3.Error) as error:
            full = is_full(error) if isinstance(error, OSError) else "full" in str(error)
            reason = f"the disk of {target.parent} is full. Make room and try again" if full else error
            raise BackupError(f"The restore stopped, and nothing was written: {reason}.") from error


def finish() -> None:
    """Do nothing: SQLite has no roles, and the statistics of its planner came with the file."""


def table_digests() -> dict[str, TableFacts]:
    """Return the row count and digest of every table of the database."""
    connection.close()  # writes what Django's connection still holds into the file
    return sqlite_digests(_path())


def sequences_behind() -> list[str]:
    """Return the names of the tables that would give an id that is already used."""
    with closing(sqlite3.connect(_path())) as database:
        last = database.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        return [name for name, seq in last if seq < (database.execute(_LAST.format(name)).fetchone()[0] or 0)]


_LAST = 'SELECT max(rowid) FROM "{}"'
