"""Import a roster: the program's own, the state's licenses and credentials, or the DEA's registrants."""

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
