from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import import_roster
from accounts.models import RosterImport
from accounts.rosters.problems import write_problems
from ui.errors import PortalError

BAR = 40
PROBLEMS_SHOWN = 20


class Command(BaseCommand):
    help = "Read a roster: the program's CSV, the state's licenses and credentials, or the DEA's extract."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--problems", type=Path, metavar="CSV", help="write the list of problems into this file")

    def handle(self, *args: Any, **options: Any) -> None:
        self.shown = -1
        try:
            with options["file"].open("rb") as file:
                run = import_roster(
                    file=file,
                    file_name=options["file"].name,
                    is_dry_run=options["dry_run"],
                    on_progress=self.show_progress,
                    by=None,
                )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except PortalError as error:
            raise CommandError(str(error)) from error
        self.show_result(run)
        if options["problems"]:
            with options["problems"].open("w", newline="", encoding="utf-8") as out:
                write_problems(run, out)

    def show_progress(self, part: float) -> None:
        percent = int(100 * part)
        if percent == self.shown or not self.stderr.isatty():
            return
        self.shown = percent
        done = BAR * percent // 100
        self.stderr.write(f"\r[{'#' * done}{'.' * (BAR - done)}] {percent:3d} %", ending="\n" if percent == 100 else "")
        self.stderr.flush()

    def show_result(self, run: RosterImport) -> None:
        self.stdout.write(
            f"{run.get_kind_display()}: {run.row_count} rows read, {run.new_count} new, {run.changed_count} changed, "
            f"{run.unchanged_count} unchanged, {run.bad_count} bad."
        )
        if run.others_count:
            self.stdout.write(f"{run.others_count} rows are about other people.")
        if run.is_dry_run:
            self.stdout.write("A dry run: nothing was changed.")
        problems = run.problems.order_by("pk")
        for problem in problems[:PROBLEMS_SHOWN]:
            self.stdout.write(f"  line {problem.line} {problem.column}: {problem.reason} ({problem.severity})")
        if (more := problems.count() - PROBLEMS_SHOWN) > 0:
            self.stdout.write(f"  and {more} more; --problems writes them all into a file.")
