"""Rosters are read here: the program's own, the state's licenses and credentials, the DEA's registrants."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone

from accounts.actions.roster_read import read_dea, read_elicense, read_program
from accounts.actions.roster_report import BATCH, LEASE, Report
from accounts.actions.roster_write import write_credentials, write_dea, write_program
from accounts.models import RosterImport, User
from accounts.roster_files import RosterFile, open_roster
from accounts.sql import lock_text
from audit.actions import audited, record

Kind = RosterImport.Kind
READERS: dict[str, tuple[Callable[[Report], Iterator[Any]], Callable[[Any, Report], None]]] = {
    Kind.PROGRAM: (read_program, write_program),
    Kind.ELICENSE: (read_elicense, write_credentials),
    Kind.DEA: (read_dea, write_dea),
}


@audited("roster.import", atomic=False)
def import_roster(
    *,
    file: BinaryIO,
    file_name: str,
    by: User | None,
    is_dry_run: bool = False,
    on_progress: Callable[[float], None] = lambda part: None,
) -> RosterImport:
    """Read a roster file (binary, seekable) into physicians and registrations; its kind is told by its first line.

    - `program`: a row is matched by DEA number, else by NPI; a new DEA number keeps the physician and her patients. It
      makes the registrations that it names, with their numbers: not active and without an end ("not yet confirmed")
      until the state's or the DEA's own file, or a Registrar, confirms them, since it carries no dates. What is proven
      already stays proven as long as its number stays the same. Access to the monitoring program is the fifth
      requirement, and being on a roster does not say it: it counts where the optional column `monitoring_access` says
      yes, and else waits for the physician's own report or a Registrar. What a person has verified is left alone. A
      row without a suffix of the DEA number leaves the one that is known.
    - `elicense`: updates license and controlled substance registrations that we know by FullCredentialCode.
    - `dea`: updates the DEA registration of physicians that we know by DEA number.

    A number that stands on two rows, or belongs to two physicians, is listed and not guessed. A bad row is listed and
    left out. Each batch of 500 rows is one transaction, so one that is cut off leaves whole batches, and reading the
    file again does the rest; reading it twice changes nothing. A dry run writes counts and problems only. Memory is
    bounded by our physicians, not by the file. `on_progress` hears the part read, from 0 to 1. Raises RosterFileError
    before anything is written, RosterImportError when it stood still for so long that it was taken for lost.
    """
    roster = open_roster(file)
    now = timezone.now()
    run = RosterImport.objects.create(
        kind=roster.layout.kind,
        status=RosterImport.Status.RUNNING,
        file_name=file_name[:200],
        byte_count=roster.size,
        is_dry_run=is_dry_run,
        started_at=now,
        lease_until=now + LEASE,
        by=by,
    )
    read_into(run=run, roster=roster, by=by, on_progress=on_progress)
    return run


def read_into(
    *,
    run: RosterImport,
    roster: RosterFile,
    by: User | None,
    on_progress: Callable[[float], None] = lambda part: None,
) -> None:
    """Read a roster for an import that is ours (its status says running); what was counted of it before is kept."""
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
    """One transaction; its inner part is taken back in a dry run. Two imports take turns, batch by batch."""
    with transaction.atomic():
        lock_text("roster import")
        with transaction.atomic():
            write(batch, report)
            transaction.set_rollback(report.run.is_dry_run)
        report.write()
