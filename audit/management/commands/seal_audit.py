from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import actions


class Command(BaseCommand):
    help = "Seal every committed event of the audit that is under no seal yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write", metavar="FILE", help="append the newest seal's digest to this file (or to AUDIT_SEAL_FILE)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = actions.seal(by=None)
        self.stdout.write(f"{made} seals made")
        path = options["write"] or settings.AUDIT_SEAL_FILE
        if not path:
            return
        try:
            line = actions.keep_seal_outside(path=path, by=None)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}. The seals are made.") from error
        self.stdout.write(line or "The file has the newest digest already")
