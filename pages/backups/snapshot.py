from collections import Counter
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from pages.backups.manifest import DatabaseFacts, TableFacts

# A session that was ended after the backup must not work again: people sign in again after a restore.
LEFT_OUT = [Session._meta.db_table]
EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing


@dataclass
class Snapshot:
    """The parts of a manifest that come from the database, all of the same moment."""

    database: DatabaseFacts
    tables: dict[str, TableFacts]
    key_counts: dict[str, Counter[str]]
    migrations: list[list[str]]


def applied_migrations() -> list[list[str]]:
    """Return [app, name] of every migration of this database, sorted."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted([app, name] for app, name in applied)
