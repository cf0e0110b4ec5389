from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.rules import OutsideError, Report, read_outside, verify


class Command(BaseCommand):
    help = "Compare the audit's events with their seals; name each that was altered, removed, inserted or backdated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--against", metavar="FILE", help="digests kept outside, as seal_audit --write appends them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = Report()
        for problem in verify(report, outside=self.outside(options["against"])):
            self.stdout.write(f"{problem.subject}: {problem.what}")
        self.stdout.write(f"{report.events:,} events under {report.seals:,} seals were compared.")
        if report.unsealed:
            since = timezone.localtime(report.unsealed_since)
            self.stdout.write(
                f"{report.unsealed:,} events are under no seal yet, the oldest of {since:%Y-%m-%d %H:%M}."
            )
        if report.problems:
            raise CommandError(f"{report.problems:,} problems found")
        self.stdout.write("All are as they were sealed.")

    @staticmethod
    def outside(path: Any) -> dict[int, bytes] | None:
        if not path:
            return None
        try:
            with Path(path).open(encoding="utf-8", errors="replace") as lines:
                return read_outside(lines)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except OutsideError as error:
            raise CommandError(str(error)) from error
