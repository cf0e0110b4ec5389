"""The backup of the whole database into one archive."""

from pathlib import Path

from django.db import connection
from django.utils import timezone

from audit.actions import record
from pages.backups import postgres, sqlite
from pages.backups.archive import new_archive
from pages.backups.errors import BackupError
from pages.backups.keys import field_key_probes, pepper_probes
from pages.backups.manifest import Manifest, portal_version
from pages.backups.snapshot import LEFT_OUT

ENGINES = {"postgresql": postgres, "sqlite": sqlite}


def back_up(path: Path) -> Manifest:
    """Write the whole database and a manifest into a new archive at `path`, and return the manifest.

    The archive holds one moment; people may continue to work. Rows of sessions are left out. Raises BackupError.
    """
    if "django_migrations" not in connection.introspection.table_names():
        raise BackupError("The database holds no tables of the portal: check DATABASE_URL, or run manage.py migrate.")
    made_at = timezone.now().isoformat(timespec="seconds")
    with new_archive(path) as writer:
        snapshot = ENGINES[connection.vendor].take(writer)
        manifest = Manifest(
            portal=portal_version(),
            made_at=made_at,
            database=snapshot.database,
            migrations=snapshot.migrations,
            tables=snapshot.tables,
            files=writer.files,
            field_keys=field_key_probes(snapshot.key_counts),
            ssn_peppers=pepper_probes(),
            left_out=LEFT_OUT,
        )
        writer.close_with(manifest)
    record(action="backup.make", by=None, reason=f"{len(manifest.tables)} tables, {manifest.row_count} rows")
    return manifest
