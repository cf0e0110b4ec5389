"""What a pharmacist does about reports in the work list, and about reports that were wrong."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery.models import HandOver
from dispensing.models import ReportFile, ReportRecord
from dispensing.rules import reports as rules
from dispensing.rules.facts import Facts, facts_of
from dispensing.writes.report_answers import cut_numbers
from dispensing.writes.report_files import make_zero_file
from dispensing.writes.reports import queue_revision, reopen, settle

R = ReportRecord.Status


def _locked(record: ReportRecord) -> ReportRecord:
    found = ReportRecord.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("unit", "file").get(pk=record.pk)


@audited("report.correct", subject="report")
def correct_report(*, report: ReportRecord, facts: Facts, by: User) -> ReportRecord:
    """Let a report wait for the next file with other facts, or the same ones: under a new control number.

    Serial, days, quantity and filled date stay those of the unit. Raises ReportError, also where the format cannot
    carry a value.
    """
    report = _locked(report)
    rules.check_waits_for_pharmacist(report)
    rules.check_facts(report.kind, facts)
    report.facts = facts
    reopen(report)
    record(by=by, subject=report)
    return report


@audited("report.revise", subject="report")
def revise_report(*, report: ReportRecord, facts: Facts, by: User) -> ReportRecord:
    """Queue a revision of a report that was sent with facts that were wrong; returns it. Raises ReportError."""
    report = _locked(report)
    rules.check_can_be_revised(report)
    rules.check_facts(ReportRecord.Kind.REVISE, facts)
    made = queue_revision(report, facts, happened_at=timezone.now())
    record(by=by, subject=made)
    return made


@audited("report.settle", subject="report")
def settle_report(*, report: ReportRecord, reason: str, by: User) -> ReportRecord:
    """Write that the program has a report in error after all, as its status mail says. Raises ReportError.

    `reason` stands in the audit trail.
    """
    report = _locked(report)
    rules.check_was_sent(report)
    settle(report, R.ACCEPTED, at=timezone.now())
    if report.file is not None:
        cut_numbers(report.file, by=by)
    record(by=by, subject=report, reason=reason.strip())
    return report


@audited("report.send_again", subject="file")
def send_file_again(*, file: ReportFile, by: User) -> ReportFile:
    """Let all reports of a file in error wait for the next file as they are; a zero report is made again at once.

    Returns the file. Raises ReportError.
    """
    file = ReportFile.objects.select_for_update(no_key=True).get(pk=file.pk)
    rules.check_file_is_in_error(file)
    if file.kind == ReportFile.Kind.ZERO:
        assert file.day
        rules.check_is_set_up()
        rules.check_zero_is_not_made(file.day)
        make_zero_file(file.day, now=timezone.now())
    for each in file.records.filter(status=R.ERROR).select_for_update(of=("self",), no_key=True):
        reopen(each)
    record(by=by, subject=file)
    return file


def facts_today(report: ReportRecord) -> Facts:
    """Return what the tables say today of the unit of a report: with what was corrected since.

    Of a unit that is not handed over, or not any more, they say what was reported.
    """
    if report.unit.handed_over_at is None:
        return report.facts
    hand_over = HandOver.objects.select_related(
        "order__patient", "order__certification__physician", "assignment__caregiver"
    ).get(order=report.unit.order_id)
    return facts_of(report.unit, hand_over)
