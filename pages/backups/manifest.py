"""The manifest says what a backup holds and needs; the checks here say whether the backup fits this portal."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypedDict

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from pages.backups.errors import BackupError

FORMAT = 1


class DatabaseFacts(TypedDict):
    """The database of a backup; `dumped_with` is the major version of pg_dump, or 0."""

    vendor: str
    version: str
    major: int
    dumped_with: int


class TableFacts(TypedDict):
    """The rows of a table: their number, and the SHA-256 of all rows in the order of their keys."""

    rows: int
    digest: str


class FileFacts(TypedDict):
    """A file in the archive: its size and its SHA-256."""

    bytes: int
    sha256: str


class KeyFacts(TypedDict):
    """A field key: how many values it has sealed, and a known text sealed with it (None for a missing key)."""

    values: int
    probe: str | None


@dataclass
class Manifest:
    """The content of manifest.json."""

    made_at: str  # UTC, ISO 8601
    database: DatabaseFacts
    migrations: list[list[str]]  # [app, name] of each applied migration
    tables: dict[str, TableFacts]  # by name
    files: dict[str, FileFacts]  # by name
    field_keys: dict[str, KeyFacts]  # by key id
    ssn_peppers: list[str]  # a digest with each pepper, newest first
    left_out: list[str] = field(default_factory=list)  # tables whose rows are not in the backup
    portal: str = ""
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @property
    def row_count(self) -> int:
        return sum(table["rows"] for table in self.tables.values())


# The shape of each part of a manifest: what the later steps rely on is checked here.
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPES: dict[str, type] = {"database": dict, "migrations": list, "tables": dict, "files": dict, "field_keys": dict,
                           "ssn_peppers": list, "left_out": list, "made_at": str, "portal": str}  # fmt: skip


def manifest_from(content: bytes) -> Manifest:
    """Read a manifest; raise BackupError when it has another format or is not complete."""
    try:
        found: Any = json.loads(content)
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise _unreadable()
    if found["format"] != FORMAT:
        raise BackupError(
            f"The backup has format {found['format']}, and this portal reads format {FORMAT}. Restore it with "
            f"the version of the portal that made it ({found.get('portal', 'unknown')})."
        )
    if set(found) != {part.name for part in fields(Manifest)} or not _is_well_formed(found):
        raise _unreadable()
    return Manifest(**found)


def _is_well_formed(found: dict[str, Any]) -> bool:
    return (
        all(isinstance(found[name], kind) for name, kind in _TYPES.items())
        and {"vendor", "major", "dumped_with"} <= set(found["database"])
        and all(_is_counted(entry, "bytes", "sha256") for entry in found["files"].values())
        and all(_is_counted(entry, "rows", "digest") for entry in found["tables"].values())
        and all(isinstance(key, dict) and {"values", "probe"} == set(key) for key in found["field_keys"].values())
        and all(isinstance(migration, list) and len(migration) == 2 for migration in found["migrations"])
    )


def _is_counted(entry: Any, count: str, digest: str) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {count, digest}
        and isinstance(entry[count], int)
        and isinstance(entry[digest], str)
        and bool(_DIGEST.fullmatch(entry[digest]))
    )


def _unreadable() -> BackupError:
    return BackupError("The manifest of the backup cannot be read. Take another copy of the file.")


def portal_version() -> str:
    """Return the version of this portal, from pyproject.toml."""
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


# --- Checks --------------------------------------------------------------------------------------------------------


def check_same_kind_of_database(manifest: Manifest, *, vendor: str, major: int) -> None:
    """Raise BackupError when the backup is of another kind of database, or of a newer major version."""
    made_on = manifest.database
    if made_on["vendor"] != vendor:
        raise BackupError(
            f"The backup was made on {made_on['vendor']}, and DATABASE_URL names {vendor}. "
            "Name a database of the same kind."
        )
    if vendor == "postgresql" and made_on["major"] > major:
        raise BackupError(
            f"The backup was made on PostgreSQL {made_on['major']}, and this server is version {major}. "
            f"Restore into a server of version {made_on['major']} or newer."
        )


def check_migrations_are_known(manifest: Manifest) -> None:
    """Raise BackupError when this portal does not know a migration of the backup: a newer portal made it."""
    known = set(MigrationLoader(None).disk_migrations)
    unknown = sorted(f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known)
    if unknown:
        raise BackupError(
            f"The backup was made by a newer portal ({manifest.portal}): the migration {unknown[-1]} is unknown here. "
            "Update the portal, then restore."
        )


def tables_that_differ(manifest: Manifest, found: dict[str, TableFacts]) -> list[str]:
    """Return the names of the tables that differ from the manifest, or that are missing here or there."""
    names = set(manifest.tables) | set(found)
    return sorted(name for name in names if manifest.tables.get(name) != found.get(name))
