"""Files of the monitoring report: made of records, claimed by one sender, and what became of them.

Each write runs inside the caller's transaction.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from dispensing import asap
from dispensing.models import ReportAttempt, ReportEntry, ReportFile, ReportRecord
from dispensing.rules.facts import dispensing_of
from dispensing.rules.reports import dispenser_of, pause_after
from notifications.sql import database_now

S, R, Outcome = ReportFile.Status, ReportRecord.Status, ReportAttempt.Outcome
LEASE = timedelta(minutes=3)  # longer than the hard time limit of the job, so that no two senders have one file


def make_file(records: Sequence[ReportRecord], *, pharmacy_number: str, now: datetime) -> ReportFile:
    """Return a new file of these records, which are written under one pharmacy number; they are in it from now on."""
    control_number = _control_number(now)
    text = asap.write(
        [dispensing_of(record.kind, record.facts, settings.REPORT_ORIGIN_CODE) for record in records],
        dispenser=dispenser_of(pharmacy_number),
        control_number=control_number,
        written_at=now,
        test=settings.REPORT_TEST,
    )
    file = _file(control_number, text, ReportFile.Kind.DISPENSINGS, now=now, count=len(records))
    ReportEntry.objects.bulk_create(ReportEntry(file=file, record=record) for record in records)
    ReportRecord.objects.filter(pk__in=[record.pk for record in records]).update(
        status=R.FILED, file=file, pharmacy_number=pharmacy_number
    )
    return file


def make_zero_file(day: date, *, now: datetime) -> ReportFile:
    """Return a new file that says that nothing was dispensed on this day of New York."""
    control_number = _control_number(now)
    text = asap.write_zero(
        dispenser=dispenser_of(""),
        first=day,
        last=day,
        control_number=control_number,
        written_at=now,
        test=settings.REPORT_TEST,
    )
    return _file(control_number, text, ReportFile.Kind.ZERO, now=now, day=day)


def _control_number(now: datetime) -> str:
    """Return a number that was never used: with its moment, so that a restored backup gives none a second time."""
    return f"{now.astimezone(UTC):%Y%m%d%H%M%S}{secrets.randbelow(10**6):06d}"


def _file(
    control_number: str, text: str, kind: str, *, now: datetime, day: date | None = None, count: int = 0
) -> ReportFile:
    return ReportFile.objects.create(
        control_number=control_number,
        name=f"asap-{control_number}.dat",
        kind=kind,
        day=day,
        count=count,
        text=text,
        digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
        made_at=now,
        next_try_at=now,
    )


# --- Sending ----------------------------------------------------------------------------------------------------------


def claim_file(*, now: datetime) -> tuple[ReportFile, ReportAttempt] | None:
    """Claim the oldest file that is due for LEASE, and begin a try; return both, or None.

    A file whose sender was killed is due when its lease has run out: whether it arrived, nobody knows. Leases run by
    the clock of the database, which all senders share.
    """
    due = ReportFile.objects.filter(Q(status=S.MADE, next_try_at__lte=now) | Q(status=S.SENDING, lease_until__lt=Now()))
    with transaction.atomic():
        key = due.select_for_update(skip_locked=True, no_key=True).order_by("pk").values_list("pk", flat=True).first()
        if key is None:
            return None
        lease_until = database_now() + LEASE
        due.filter(pk=key).update(status=S.SENDING, lease_until=lease_until, tries=F("tries") + 1)
        file = ReportFile.objects.get(pk=key)
        file.attempts.filter(outcome="").update(outcome=Outcome.LOST, ended_at=now)
        return file, ReportAttempt.objects.create(file=file, started_at=now)


def mark_sent(file: ReportFile, *, now: datetime, downloaded_by: User | None = None) -> bool:
    """Write that the program has a file; return whether this sender still had it."""
    held = ReportFile.objects.filter(pk=file.pk, status=file.status, lease_until=file.lease_until)
    if not held.update(status=S.SENT, lease_until=None, sent_at=now, downloaded_by=downloaded_by):
        return False
    write_records_sent(file, now=now)
    return True


def write_records_sent(file: ReportFile, *, now: datetime) -> None:
    """Write on the records of a file when they were first sent."""
    ReportRecord.objects.filter(file=file, sent_at__isnull=True).update(sent_at=now)


def mark_again(file: ReportFile, *, now: datetime) -> None:
    """Let a file be sent again after a pause, under the same name."""
    ReportFile.objects.filter(pk=file.pk, status=S.SENDING, lease_until=file.lease_until).update(
        status=S.MADE, lease_until=None, next_try_at=now + pause_after(file.tries)
    )


def end_attempt(attempt: ReportAttempt, outcome: str, *, now: datetime, words: str = "") -> None:
    """End a try, unless another sender has ended it."""
    ReportAttempt.objects.filter(pk=attempt.pk, outcome="").update(outcome=outcome, ended_at=now, words=words[:500])


def hold(record: ReportRecord, problem: str) -> None:
    """Put a record that cannot be written into the work list."""
    record.status, record.problem = R.HELD, problem
    record.save(update_fields=["status", "problem"])


def pharmacy_numbers(records: Collection[ReportRecord]) -> dict[str, list[ReportRecord]]:
    """Return the records by the pharmacy number under which they are reported: a void has that of its original."""
    grouped: dict[str, list[ReportRecord]] = {}
    for record in records:
        grouped.setdefault(record.pharmacy_number or settings.REPORT_PHARMACY_NUMBER, []).append(record)
    return grouped
