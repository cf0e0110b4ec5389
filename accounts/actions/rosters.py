"""Import a roster: the program's own, the state's licenses and credentials, or the DEA's registrants.

The first line of the file tells which of them it is:

- `program`: a row is matched by DEA number, else by NPI. With a new DEA number the physician keeps their patients. The
  row makes the registrations that it names. A roster carries no dates, so these are not active and have no end ("not
  yet confirmed") until the state's or the DEA's own file, or a Registrar, confirms them. A registration that is proven
  stays proven while its number stays the same. Access to the monitoring program counts where the optional column
  `monitoring_access` says yes; otherwise the physician states it or a Registrar enters it. What a person has verified
  is not changed. A row without a suffix of the DEA number leaves the suffix as it is.
- `elicense`: updates the licenses and controlled substance registrations whose FullCredentialCode is on record.
- `dea`: updates the DEA registrations of physicians whose DEA number is on record.

A number that is on two rows, or that two physicians have, is listed as a problem and not used. So is a bad row. Each
batch of 500 rows is one transaction: an import that is cut off leaves whole batches, and reading the file again does
the rest. Reading a file twice changes nothing. Memory is bounded by the number of physicians, not by the file.
"""

from collections.abc import Callable
from typing import BinaryIO

from django.utils import timezone

from accounts.models import RosterImport, User
from accounts.rosters.files import open_roster
from accounts.rosters.importing import read_into
from accounts.rosters.report import LEASE
from audit.actions import audited


@audited("roster.import", atomic=False)
def import_roster(
    *,
    file: BinaryIO,
    file_name: str,
    by: User | None,
    is_dry_run: bool = False,
    on_progress: Callable[[float], None] = lambda part: None,
) -> RosterImport:
    """Read a roster file (binary, seekable) into physicians and registrations; return the import.

    A dry run writes counts and problems only. `on_progress` is called with the part read, from 0 to 1. Raises
    RosterFileError before anything is written, and RosterImportError when another worker gave the import up because it
    stood still.
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
