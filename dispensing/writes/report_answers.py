"""What an answer of the monitoring program changes: the file, its records, and the numbers of photo IDs.

Each write runs inside the caller's transaction, with the file locked.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from accounts.models import User
from delivery.actions import cut_id_numbers
from delivery.models import HandOver
from dispensing.models import ReportFile, ReportRecord
from dispensing.rules.facts import text_without_id_numbers, without_id_number
from dispensing.rules.reports import errors_of_units
from dispensing.writes.report_files import write_records_sent
from dispensing.writes.reports import settle

S, R, K = ReportFile.Status, ReportRecord.Status, ReportRecord.Kind
DONE = (R.ACCEPTED, R.DROPPED)


def accept_file(file: ReportFile, *, at: datetime, by: User | None) -> None:
    """Write that the program has accepted a file; numbers of photo IDs that no report needs any more are cut.

    A zero report in error that was made again stays as it is: the later one stands for its day.
    """
    if file.status == S.ERROR and _is_made_again(file):
        return
    _write_answered(file, S.ACCEPTED, at)
    records = list(file.records.filter(status__in=[R.FILED, R.ERROR]).select_for_update(of=("self",), no_key=True))
    for each in records:
        settle(each, R.ACCEPTED, at=at)
    cut_numbers(file, by=by)


def refuse_file(file: ReportFile, errors: Sequence[str], *, at: datetime, by: User | None) -> None:
    """Put the records of a file into the work list with what is wrong; also those that were accepted before.

    Where the errors name units of the file, only these are put there, and the program has accepted the others.
    """
    _write_answered(file, S.ERROR, at)
    units = file.entries.values_list("record__unit", flat=True)
    of_units = errors_of_units(errors, [f"{serial:06d}" for serial in units])
    records = file.records.filter(status__in=[R.FILED, R.ACCEPTED]).select_for_update(of=("self",), no_key=True)
    for each in list(records):
        if not of_units:
            _refuse(each, "\n".join(errors))
        elif problem := of_units.get(f"{each.unit_id:06d}"):
            _refuse(each, problem)
        elif each.status == R.FILED:
            settle(each, R.ACCEPTED, at=at)
    cut_numbers(file, by=by)


def _refuse(report: ReportRecord, problem: str) -> None:
    """Put a report into the work list; one that a void takes back needs nothing more."""
    if report.kind != K.VOID and report.unit.reports.filter(kind=K.VOID).exclude(status=R.DROPPED).exists():
        settle(report, R.DROPPED)
    else:
        report.status, report.problem, report.accepted_at = R.ERROR, problem, None
        report.save(update_fields=["status", "problem", "accepted_at"])


def _is_made_again(file: ReportFile) -> bool:
    """Return whether another zero report of the same day stands."""
    later = ReportFile.objects.filter(kind=ReportFile.Kind.ZERO, day=file.day).exclude(status=S.ERROR)
    return file.kind == ReportFile.Kind.ZERO and later.exists()


def _write_answered(file: ReportFile, status: str, at: datetime) -> None:
    """Write what the program says. A file that it answers has arrived, whatever its sender knows."""
    file.status, file.answered_at, file.lease_until = status, at, None
    file.sent_at = file.sent_at or at
    file.save(update_fields=["status", "answered_at", "lease_until", "sent_at"])
    write_records_sent(file, now=at)


def cut_numbers(file: ReportFile, *, by: User | None) -> None:
    """Cut the numbers of photo IDs of the hand-overs in a file of which every report is settled.

    They are cut on the hand-over, on its records, and in the files without an open record.
    """
    orders = _settled_orders(set(file.entries.values_list("record__unit__order", flat=True)))
    if not orders:
        return
    cut_id_numbers(hand_overs=list(HandOver.objects.filter(order__in=orders)), by=by)
    for each in ReportRecord.objects.filter(unit__order__in=orders).select_for_update(of=("self",), no_key=True):
        each.facts = without_id_number(each.facts)
        each.save(update_fields=["facts"])
    for held in ReportFile.objects.filter(entries__record__unit__order__in=orders).distinct():
        if not held.entries.exclude(record__status__in=DONE).exists():
            held.text = text_without_id_numbers(held.text)
            held.save(update_fields=["text"])


def _settled_orders(orders: Collection[int]) -> set[int]:
    open_ones = ReportRecord.objects.filter(unit__order__in=orders).exclude(status__in=DONE)
    return set(orders) - set(open_ones.values_list("unit__order", flat=True))
