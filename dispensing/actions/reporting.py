"""Making and sending the files of the monitoring report, and the alarms when something is not reported in time."""

import time
from collections.abc import Collection
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record, record_many
from dispensing import gateways
from dispensing.models import ReportAttempt, ReportFile, ReportRecord
from dispensing.rules import reports as rules
from dispensing.writes import report_files
from dispensing.writes.alarms import alarm_staff
from dispensing.writes.reports import days_reported

R = ReportRecord.Status
Outcome = ReportAttempt.Outcome
WITHIN = 60  # seconds in which a job begins another file
LONGEST_GAP = timedelta(days=366)  # in which days without a report are looked for
log = structlog.get_logger()


@audited("report.make")
def make_files(*, now: datetime, at_once: bool = False, by: User | None) -> list[ReportFile]:
    """Put the records that wait into files; returns these.

    A record that the format cannot carry goes into the work list with the reason, and the others go on. A record waits
    while an earlier one of its unit is in a file that was not sent, so that a void never arrives first. Without a
    server the files are made once a record has waited for 30 minutes, or `at_once`. Raises ReportError while the
    agency's values are missing.
    """
    rules.check_is_set_up()
    waiting = _waiting(now, at_once=at_once or settings.REPORT_SERVER is not None)
    writable = []
    for each in waiting:
        if problem := rules.problem_of(each.kind, each.facts):
            report_files.hold(each, problem)
        else:
            writable.append(each)
    made = [
        report_files.make_file(some, pharmacy_number=number, now=now)
        for number, of_number in report_files.pharmacy_numbers(writable).items()
        for some in _parts(of_number)
    ]
    record_many(by=by, subjects=made)
    return made


def _waiting(now: datetime, *, at_once: bool) -> list[ReportRecord]:
    """Return the records for the next files, locked; none while a pharmacist downloads and all are young."""
    earlier = ReportRecord.objects.filter(
        unit=OuterRef("unit"), pk__lt=OuterRef("pk"), file__in=ReportFile.objects.unsent()
    )
    waiting = ReportRecord.objects.filter(~Exists(earlier), status=R.WAITING)
    if not at_once and not waiting.filter(happened_at__lte=now - rules.COLLECTED_AFTER).exists():
        return []
    return list(waiting.select_for_update(skip_locked=True, no_key=True).order_by("pk"))


def _parts(records: list[ReportRecord]) -> list[list[ReportRecord]]:
    return [records[at : at + rules.MOST_IN_FILE] for at in range(0, len(records), rules.MOST_IN_FILE)]


@audited("report.make_zero")
def make_zero_reports(*, today: date, now: datetime, by: User | None) -> list[ReportFile]:
    """Make a zero report for each day before `today` of which nothing is reported; returns the files.

    Days are of New York. It begins with the first day of which something was reported, or with yesterday; a day that
    was missed follows later. Each day has one. Raises ReportError while the agency's values are missing.
    """
    rules.check_is_set_up()
    yesterday = today - timedelta(days=1)
    told = days_reported(today - LONGEST_GAP, yesterday)
    first = min(told, default=yesterday)
    days = [first + timedelta(days=past) for past in range((yesterday - first).days + 1)]
    made = [report_files.make_zero_file(day, now=now) for day in days if day not in told]
    record_many(by=by, subjects=made)
    return made


@audited("report.send", atomic=False)
def send_reports(*, by: User | None) -> int:
    """Upload the files that are due, each by one sender; returns how many the server has taken. None without a server.

    A file that was not taken waits longer after each try, and then goes again under its name and control number: also
    one that a killed sender had, of which nobody knows whether it arrived.
    """
    sent, begun = 0, time.monotonic()
    while settings.REPORT_SERVER is not None and time.monotonic() - begun < WITHIN:
        claimed = report_files.claim_file(now=timezone.now())
        if claimed is None:
            break
        sent += _send(*claimed, by=by)
    return sent


def _send(file: ReportFile, attempt: ReportAttempt, *, by: User | None) -> bool:
    try:
        gateways.upload(file.name, file.text.encode("ascii"))
    except gateways.ServerTrouble as trouble:
        now = timezone.now()
        log.warning("report_not_sent", file=file.pk, tries=file.tries)
        with transaction.atomic():
            report_files.end_attempt(attempt, Outcome.FAILED, now=now, words=str(trouble))
            report_files.mark_again(file, now=now)
        return False
    now = timezone.now()
    with transaction.atomic():
        report_files.end_attempt(attempt, Outcome.SENT, now=now)
        if report_files.mark_sent(file, now=now):
            record(by=by, subject=file)
    return True


@audited("report.download", subject="file")
def hand_over_download(*, file: ReportFile, by: User) -> ReportFile:
    """Return a file that a pharmacist takes to the program by hand: it counts as sent from now on, under its name.

    Each download is recorded; a later one changes nothing else. Raises ReportError while the portal sends it.
    """
    file = ReportFile.objects.select_for_update(no_key=True).get(pk=file.pk)
    rules.check_can_be_downloaded(file)
    if file.status == ReportFile.Status.MADE:
        report_files.mark_sent(file, now=timezone.now(), downloaded_by=by)
        file.refresh_from_db()
    record(by=by, subject=file)
    return file


@audited("report.alarm")
def alarm_late(*, now: datetime, by: User | None) -> int:
    """Tell pharmacists and managers, once of each, what is not reported 50 minutes after it happened; returns how much.

    Also zero reports count, an hour after they were made.
    """
    late = list(
        ReportRecord.objects.late(now)
        .filter(alarmed_at__isnull=True)
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
    )
    zero = ReportFile.objects.unsent().filter(kind=ReportFile.Kind.ZERO, made_at__lte=now - timedelta(hours=1))
    files = list(zero.filter(alarmed_at__isnull=True).select_for_update(skip_locked=True, no_key=True))
    _write_alarmed(late, files, now)
    if late or files:
        first = f"record:{late[0].pk}" if late else f"file:{files[0].pk}"
        alarm_staff("late", about=first, context={}, by=by)
    record_many(by=by, subjects=late)
    return len(late) + len(files)


def _write_alarmed(records: Collection[ReportRecord], files: Collection[ReportFile], now: datetime) -> None:
    ReportRecord.objects.filter(pk__in=[each.pk for each in records]).update(alarmed_at=now)
    ReportFile.objects.filter(pk__in=[each.pk for each in files]).update(alarmed_at=now)
