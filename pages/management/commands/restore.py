import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from pages.backups.errors import BackupError
from pages.backups.restoring import pending_migrations, restore


class Command(BaseCommand):
    help = (
        "Fill an empty database from an archive that `backup` made. Everything is checked before anything is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the archive")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            manifest = restore(options["file"])
            pending = pending_migrations()
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
        self.stdout.write(
            f"The backup of {manifest.made_at} is restored: {len(manifest.tables)} tables and "
            f"{manifest.row_count:,} rows are as they were, {time.monotonic() - began:.1f} s"
        )
        if pending:
            self.stdout.write(f"{pending} migrations are newer than the backup. Run manage.py migrate now.")
