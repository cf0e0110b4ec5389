"""The manifest: what a backup holds and what it needs; and the checks that tell whether it fits this portal."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from pages.backups.errors import BackupError

FORMAT = 1


@dataclass
class Manifest:
    """Everything that stands in manifest.json."""

    made_at: str  # UTC, ISO 8601
    database: dict  # vendor, version (text), major, dumped_with (major version of pg_dump)
    migrations: list  # of [app, name] that were applied
    tables: dict  # name: {"rows": …, "digest": SHA-256 of all rows in the order of their keys}
    files: dict  # name: {"bytes": …, "sha256": …}
    field_keys: dict  # id: {"values": how many it has sealed, "probe": a known text sealed with it, or None}
    ssn_peppers: list  # a digest under each, newest first
    left_out: list = field(default_factory=list)  # tables whose rows are not in the backup
    portal: str = ""
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @property
    def row_count(self) -> int:
        return sum(table["rows"] for table in self.tables.values())


# What each part of a manifest must look like: enough that no later step meets something else.
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPES: dict[str, type] = {"database": dict, "migrations": list, "tables": dict, "files": dict, "field_keys": dict,
                           "ssn_peppers": list, "left_out": list, "made_at": str, "portal": str}  # fmt: skip


def manifest_from(content: bytes) -> Manifest:
    """Read a manifest; raises BackupError when it is of another format or is not complete."""
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
    if set(found) != {one.name for one in fields(Manifest)} or not _is_well_formed(found):
        raise _unreadable()
    return Manifest(**found)


def _is_well_formed(found: dict) -> bool:
    return (
        all(isinstance(found[name], kind) for name, kind in _TYPES.items())
        and {"vendor", "major", "dumped_with"} <= set(found["database"])
        and all(_is_counted(one, "bytes", "sha256") for one in found["files"].values())
        and all(_is_counted(one, "rows", "digest") for one in found["tables"].values())
        and all(isinstance(one, dict) and {"values", "probe"} == set(one) for one in found["field_keys"].values())
        and all(isinstance(one, list) and len(one) == 2 for one in found["migrations"])
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
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


# --- Does it fit? ---------------------------------------------------------------------------------------------------


def check_same_kind_of_database(manifest: Manifest, *, vendor: str, major: int) -> None:
    """The backup is of the same kind of database, and of no newer major version of it; raises BackupError."""
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
    """This portal knows every migration of the backup; raises BackupError when a newer portal made it."""
    known = set(MigrationLoader(None).disk_migrations)
    unknown = sorted(f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known)
    if unknown:
        raise BackupError(
            f"The backup was made by a newer portal ({manifest.portal}): the migration {unknown[-1]} is unknown here. "
            "Update the portal, then restore."
        )


def tables_that_differ(manifest: Manifest, found: dict) -> list[str]:
    """Names of the tables whose rows are not those of the manifest, or that only one of the two has."""
    names = set(manifest.tables) | set(found)
    return sorted(name for name in names if manifest.tables.get(name) != found.get(name))
