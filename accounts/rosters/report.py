"""What an import has found, row by row, until its batch is written."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import RosterImport, RosterProblem, User
from accounts.rosters.files import RosterFile, RosterImportError
from accounts.rosters.rows import RowProblem

BATCH = 500
LEASE = timedelta(minutes=5)  # renewed while reading goes on; a worker that has not written for so long is lost
SECONDS_BETWEEN_RENEWALS = 1.0


@dataclass
class Report:
    """The rows and problems since the last batch was written, and the function that is called with the progress."""

    roster: RosterFile
    run: RosterImport
    on_progress: Callable[[float], None]
    by: User | None
    rows: int = 0
    bad: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[RosterProblem] = field(default_factory=list)
    lease_renewed_at: float = 0.0

    def add(self, line: int, problems: Iterable[RowProblem]) -> None:
        """Add the problems of one row. The row counts as bad once, unless all its problems are warnings."""
        problems = list(problems)
        self.bad += any(not problem.is_warning for problem in problems)
        severity = RosterProblem.Severity
        self.problems += [
            RosterProblem(
                roster_import=self.run,
                line=line,
                column=problem.column,
                severity=severity.WARNING if problem.is_warning else severity.BAD,
                reason=problem.reason[:300],
            )
            for problem in problems
        ]

    def add_bad(self, line: int, column: str, reason: str) -> None:
        self.add(line, [RowProblem(column, reason)])

    def show_progress(self) -> None:
        """Call `on_progress` between batches, and write the problems down before there are too many of them."""
        self.on_progress(self.roster.part_read)
        if len(self.problems) >= BATCH:
            with transaction.atomic():
                self.write()
        elif time.monotonic() - self.lease_renewed_at >= SECONDS_BETWEEN_RENEWALS:
            self.lease_renewed_at = time.monotonic()
            self._renew_lease(row_count=self.run.row_count + self.rows)

    def write(self) -> None:
        """Write the counts and problems since the last time into the caller's transaction."""
        run = self.run
        run.row_count += self.rows
        run.bad_count += self.bad
        run.new_count += self.outcomes["new"]
        run.changed_count += self.outcomes["changed"]
        run.unchanged_count += self.outcomes["unchanged"]
        self._renew_lease(
            row_count=run.row_count,
            bad_count=run.bad_count,
            new_count=run.new_count,
            changed_count=run.changed_count,
            unchanged_count=run.unchanged_count,
            status=run.status,
            finished_at=run.finished_at,
        )
        RosterProblem.objects.bulk_create(self.problems)
        self.rows = self.bad = 0
        self.outcomes, self.problems = Counter(), []

    def _renew_lease(self, **values: Any) -> None:
        """Write how far this worker is.

        Raises RosterImportError, which undoes the batch, when the import was given up.
        """
        run = self.run
        is_over = run.finished_at is not None
        run.bytes_read = run.byte_count if is_over else min(self.roster.file.tell(), run.byte_count)
        run.lease_until = None if is_over else timezone.now() + LEASE
        mine = RosterImport.objects.filter(pk=run.pk, status=RosterImport.Status.RUNNING, attempts=run.attempts)
        if not mine.update(bytes_read=run.bytes_read, lease_until=run.lease_until, **values):
            raise RosterImportError(_("This import stood still for too long and was given up. Import the file again."))
