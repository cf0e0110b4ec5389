import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from pages.backups.errors import BackupError
from pages.backups.keys import lost_keys
from pages.backups.making import back_up


class Command(BaseCommand):
    help = "Write the whole database into one archive, with a manifest of row counts and digests; never the keys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--file", type=Path, help="where to write the archive (default: var/backups/portal-TIME.zip)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"] or _default_file()
        began = time.monotonic()
        try:
            manifest = back_up(path)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
        size, seconds = path.stat().st_size / 1_000_000, time.monotonic() - began
        self.stdout.write(
            f"{path}: {len(manifest.tables)} tables, {manifest.row_count:,} rows, {size:.1f} MB, {seconds:.1f} s"
        )
        for key_id, count in lost_keys(manifest).items():
            self.stderr.write(f"{count} values are sealed with the key {key_id}, which FIELD_KEYS does not hold.")


def _default_file() -> Path:
    """Return a path in var/backups/ with the time in its name, and make the folder."""
    folder = settings.VAR_DIR / "backups"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made: {error.strerror}. Name a file with --file.") from error
    return folder / f"portal-{timezone.now():%Y%m%d-%H%M%S}.zip"
