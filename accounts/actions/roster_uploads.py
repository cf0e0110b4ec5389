"""Rosters that people upload: stored sealed, read by one worker at a time, and deleted as soon as they are read."""

from datetime import datetime, timedelta
from typing import Any, BinaryIO

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import RosterImport, RosterUpload, User
from accounts.rosters.files import check_waits_for_its_real_import, open_roster
from accounts.rosters.importing import read_into
from accounts.rosters.report import LEASE
from accounts.rosters.storage import open_upload, sealed_parts
from accounts.writes.locks import lock
from audit.actions import audited, record

Status = RosterImport.Status
MOST_ATTEMPTS = 3
KEPT_AFTER_DRY_RUN = timedelta(hours=24)
log = structlog.get_logger()


@audited("roster.upload")
def upload_roster(*, file: BinaryIO, file_name: str, is_dry_run: bool, by: User) -> RosterImport:
    """Store a roster file (binary, seekable), sealed, until a worker has read it; return its import.

    A worker is woken after the commit. The file of a real import is deleted in the transaction that ends the import,
    that of a dry run after 24 hours or with its real import. Raises RosterFileError, and writes nothing, for a file
    that is no roster.
    """
    roster = open_roster(file)
    upload = RosterUpload.objects.create(byte_count=roster.size)
    for part in sealed_parts(upload, file):
        part.save()
    return _wait(upload=upload, kind=roster.layout.kind, file_name=file_name[:200], is_dry_run=is_dry_run, by=by)


@audited("roster.import_for_real", subject="roster_import")
def import_for_real(*, roster_import: RosterImport, by: User) -> RosterImport:
    """Let a dry run's file be read again and written; return the new import.

    Raises RosterImportError when it is gone.
    """
    dry = lock(roster_import)
    check_waits_for_its_real_import(dry)
    upload, dry.upload = dry.upload, None
    assert upload is not None
    dry.save(update_fields=["upload"])
    return _wait(upload=upload, kind=dry.kind, file_name=dry.file_name, is_dry_run=False, by=by)


def _wait(*, upload: RosterUpload, by: User, **fields: Any) -> RosterImport:
    """Make an import that waits for a worker, and return it."""
    run = RosterImport.objects.create(
        upload=upload, byte_count=upload.byte_count, status=Status.WAITING, by=by, **fields
    )
    record(action="roster.upload", by=by, subject=run)
    transaction.on_commit(_wake_worker)
    return run


def _wake_worker() -> None:
    """Wake a worker. Without Redis the jobs of every minute read the file, so that no request does."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return
    try:
        current_app.send_task("accounts.import_rosters")
    except (OperationalError, OSError) as error:
        log.warning("worker_not_woken", error=type(error).__name__)


def import_uploaded_rosters(*, by: User | None) -> int:
    """Read the rosters that wait, oldest first, and those that a lost worker has left; return how many were read.

    A conditional update with a lease of 5 minutes claims each; reading renews the lease, and a worker that lost it
    writes nothing more. An import that begins again counts from the start: rows written before stay new or changed.
    After three tries an upload is given up. Imports of the command that were cut off are marked as cut off.
    """
    now = timezone.now()
    _give_up(now)
    _erase_old(now)
    due = list(_due(now).order_by("pk").values_list("pk", flat=True))
    return sum(_read(run) for pk in due if (run := _claim(pk)))


def _due(now: datetime) -> QuerySet[RosterImport]:
    return RosterImport.objects.filter(Q(status=Status.WAITING) | _lost(now), upload__isnull=False)


def _lost(now: datetime) -> Q:
    return Q(status=Status.RUNNING, lease_until__lt=now)


def _claim(pk: int) -> RosterImport | None:
    now = timezone.now()
    with transaction.atomic():
        claimed = (
            _due(now)
            .filter(pk=pk)
            .update(
                status=Status.RUNNING,
                started_at=Coalesce("started_at", Value(now)),
                lease_until=now + LEASE,
                attempts=F("attempts") + 1,
            )
        )
        if not claimed:
            return None
        run = RosterImport.objects.get(pk=pk)
        run.problems.all().delete()
        run.row_count = run.bad_count = run.unchanged_count = run.bytes_read = 0
        if run.is_dry_run:
            run.new_count = run.changed_count = 0
        run.save()
    return run


def _read(run: RosterImport) -> bool:
    """Return whether the roster was read to its end.

    If not, the next run reads it. No part of the file may reach a log.
    """
    assert run.upload is not None
    try:
        with open_upload(run.upload) as file:
            read_into(run=run, roster=open_roster(file), by=run.by)
    except Exception:  # whatever one file does, the others are still read
        log.exception("roster_not_imported", roster_import=run.pk)
        mine = RosterImport.objects.filter(pk=run.pk, status=Status.RUNNING, attempts=run.attempts)
        mine.update(lease_until=timezone.now())
        return False
    return True


def _give_up(now: datetime) -> None:
    """Mark imports as cut off: uploads that were tried three times, and imports of the command."""
    lost = RosterImport.objects.filter(_lost(now)).filter(Q(upload=None) | Q(attempts__gte=MOST_ATTEMPTS))
    with transaction.atomic():
        for run in lost.select_for_update(no_key=True, of=("self",)).order_by("pk"):
            run.status, run.lease_until = Status.CUT_OFF, None
            run.save(update_fields=["status", "lease_until"])
            if run.upload:
                run.upload.delete()
            record(action="roster.cut_off", by=None, subject=run)


def _erase_old(now: datetime) -> None:
    """Delete the files of dry runs that nobody imported for real within 24 hours."""
    ended = RosterImport.objects.filter(status=Status.FINISHED, finished_at__lt=now - KEPT_AFTER_DRY_RUN)
    RosterUpload.objects.filter(imports__in=ended).delete()
