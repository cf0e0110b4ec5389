"""What an import has found, row by row, until its batch is written."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import RosterImport, RosterProblem, User
from accounts.roster_files import RosterFile
from accounts.roster_rows import RowProblem

BATCH = 500


@dataclass
class Report:
    """What has been found since the last batch was written, and who wants to know how far we are."""

    roster: RosterFile
    run: RosterImport
    on_progress: Callable[[float], None]
    by: User | None
    rows: int = 0
    bad: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[RosterProblem] = field(default_factory=list)

    def add(self, line: int, problems: Iterable[RowProblem]) -> None:
        """The problems of one row: it counts as bad once, unless they are warnings alone."""
        problems = list(problems)
        self.bad += any(not problem.is_warning for problem in problems)
        severity = RosterProblem.Severity
        self.problems += [
            RosterProblem(
                roster_import=self.run,
                line=line,
                column=one.column,
                severity=severity.WARNING if one.is_warning else severity.BAD,
                reason=one.reason[:300],
            )
            for one in problems
        ]

    def add_bad(self, line: int, column: str, reason: str) -> None:
        self.add(line, [RowProblem(column, reason)])

    def tell(self) -> None:
        """Between batches: how far we are; many problems are written down before there are too many of them."""
        self.on_progress(self.roster.part_read)
        if len(self.problems) >= BATCH:
            with transaction.atomic():
                self.write()

    def write(self) -> None:
        """Into the caller's transaction: counts and problems since the last time."""
        run = self.run
        run.row_count += self.rows
        run.bad_count += self.bad
        run.new_count += self.outcomes["new"]
        run.changed_count += self.outcomes["changed"]
        run.unchanged_count += self.outcomes["unchanged"]
        run.save()
        RosterProblem.objects.bulk_create(self.problems)
        self.rows = self.bad = 0
        self.outcomes, self.problems = Counter(), []
