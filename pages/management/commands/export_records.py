from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pages.records import RecordsError, scope_of, write_records
from ui.days import day_of
from ui.encryption import DecryptionError


class Command(BaseCommand):
    help = (
        "Write the records of a period into an archive of CSV files: certifications, orders, lines, movements, "
        "allotment entries, messages and events; of everybody, or of one physician, patient or order. The audit trail "
        "notes it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", required=True, dest="begins", metavar="YYYY-MM-DD", help="the first day")
        parser.add_argument("--to", required=True, dest="ends", metavar="YYYY-MM-DD", help="the last day")
        whom = parser.add_mutually_exclusive_group()
        whom.add_argument(
            "--physician", default="", metavar="DEA", help="only records of the physician with this DEA number"
        )
        whom.add_argument("--patient", default="", metavar="P-…", help="only records of the patient with this number")
        whom.add_argument(
            "--order", default="", metavar="D-…", help="only the order with this number and what belongs to it"
        )
        parser.add_argument(
            "--file", type=Path, help="where to write the archive (default: var/exports/records-TIME.zip)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        begins, ends = day_of(options["begins"], "--from"), day_of(options["ends"], "--to")
        whom = {name: options[name] for name in ("physician", "patient", "order")}
        path = options["file"] or _default_file()
        try:
            written = write_records(scope_of(begins=begins, ends=ends, **whom), path)
        except RecordsError as error:
            raise CommandError(str(error)) from error
        except DecryptionError as error:
            raise CommandError(
                f"{error} FIELD_KEYS must hold every key in use: `reencrypt --check` names them."
            ) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}. Name a file with --file.") from error
        self.stdout.write(f"{path}: {written.in_words}")


def _default_file() -> Path:
    """Return a path in var/exports/ with the time in its name, and make the folder."""
    folder = settings.VAR_DIR / "exports"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made: {error.strerror}. Name a file with --file.") from error
    return folder / f"records-{timezone.now():%Y%m%d-%H%M%S}.zip"
