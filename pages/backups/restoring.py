"""The restore of a backup into an empty database."""

from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from audit.actions import record
from audit.sql import install_triggers
from pages.backups.archive import Archive, whole_archive
from pages.backups.errors import BackupError
from pages.backups.keys import check_field_keys_open, check_peppers_match
from pages.backups.making import ENGINES
from pages.backups.manifest import Manifest, check_migrations_are_known, check_same_kind_of_database, tables_that_differ


def restore(path: Path) -> Manifest:
    """Fill the empty database from the archive at `path`, compare every table with the manifest and return it.

    Everything that can be checked is checked before anything is written. Raises BackupError.
    """
    with whole_archive(path) as archive:
        check_fits(archive)
        check_database_is_empty()
        ENGINES[connection.vendor].restore(archive)
        finish(archive.manifest)
        return archive.manifest


def check_fits(archive: Archive) -> None:
    """Raise BackupError when the backup cannot be restored here, or its encrypted columns could not be read."""
    engine = ENGINES[connection.vendor]
    check_same_kind_of_database(archive.manifest, vendor=connection.vendor, major=engine.server_major())
    check_migrations_are_known(archive.manifest)
    check_field_keys_open(archive.manifest)
    check_peppers_match(archive.manifest)
    engine.check_can_restore(archive)


def check_database_is_empty() -> None:
    """Raise BackupError when the database holds a table, even one without rows."""
    tables = connection.introspection.table_names()
    if tables:
        raise BackupError(
            f"The database {connection.settings_dict['NAME']} is not empty: it holds {len(tables)} tables. A restore "
            "fills only an empty database without tables. Make a new database, and set DATABASE_URL to it."
        )


def finish(manifest: Manifest) -> None:
    """Compare the database with the manifest, and install the audit's triggers again; raises BackupError."""
    engine = ENGINES[connection.vendor]
    found = engine.table_digests()
    wrong = tables_that_differ(manifest, found) or engine.sequences_behind()
    if wrong:
        raise BackupError(
            f"The restored database is not what was backed up: {', '.join(wrong[:5])} differ. Do not use it: restore "
            "another backup into a new empty database."
        )
    install_triggers(connection)
    engine.finish()
    if not pending_migrations():
        record(action="backup.restore", by=None, reason=f"the backup of {manifest.made_at}")


def pending_migrations() -> int:
    """Return how many migrations of this portal the restored database still lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
