"""Read a roster file to its end, batch by batch; each batch is a transaction of its own."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import RosterImport, User
from accounts.rosters.files import RosterFile
from accounts.rosters.reading import read_dea, read_elicense, read_program
from accounts.rosters.report import BATCH, Report
from accounts.rosters.writing import write_credentials, write_dea, write_program
from accounts.sql import lock_text
from audit.actions import record

Kind = RosterImport.Kind
READERS: dict[str, tuple[Callable[[Report], Iterator[Any]], Callable[[Any, Report], None]]] = {
    Kind.PROGRAM: (read_program, write_program),
    Kind.ELICENSE: (read_elicense, write_credentials),
    Kind.DEA: (read_dea, write_dea),
}


def read_into(
    *,
    run: RosterImport,
    roster: RosterFile,
    by: User | None,
    on_progress: Callable[[float], None] = lambda part: None,
) -> None:
    """Read a roster to its end for an import that this worker has claimed."""
    report = Report(roster, run, on_progress, by)
    written_before = run.new_count + run.changed_count
    read, write = READERS[roster.layout.kind]
    rows = read(report)
    while batch := list(islice(rows, BATCH)):
        _write_batch(write, batch, report)
    with transaction.atomic():
        run.status, run.finished_at = RosterImport.Status.FINISHED, timezone.now()
        run.unchanged_count = max(run.unchanged_count - written_before, 0)
        report.write()
        if run.upload and not run.is_dry_run:
            run.upload.delete()
        record(action="roster.dry_run" if run.is_dry_run else "roster.import", by=by, subject=run)
    on_progress(1.0)


def _write_batch(write: Callable[[Any, Report], None], batch: list[Any], report: Report) -> None:
    """Write a batch in one transaction; a dry run rolls its inner part back. Two imports take turns, batch by batch."""
    with transaction.atomic():
        lock_text("roster import")
        with transaction.atomic():
            write(batch, report)
            transaction.set_rollback(report.run.is_dry_run)
        report.write()
