from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispensing.papers.inspection import write_inspection
from dispensing.rules import DispensingError
from ui.days import day_of


class Command(BaseCommand):
    help = (
        "Write the inspector's pack of a range of days into an archive: the dispensing log, units and where each was, "
        "and the audit trail, with the digest of each file. The audit trail notes it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", required=True, dest="first", metavar="YYYY-MM-DD", help="the first day")
        parser.add_argument("--to", required=True, dest="last", metavar="YYYY-MM-DD", help="the last day")
        parser.add_argument("--file", required=True, type=Path, help="where to write the archive")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last, path = day_of(options["first"], "--from"), day_of(options["last"], "--to"), options["file"]
        if path.exists():
            raise CommandError(f"{path} exists. Name another file with --file.")
        try:
            digest = write_inspection(first, last, path)
        except DispensingError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}. Name a file with --file.") from error
        self.stdout.write(f"{digest}  {path}")
